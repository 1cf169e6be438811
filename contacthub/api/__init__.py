"""The door for programs: five vendors' protocols over the same data. No business rules here."""

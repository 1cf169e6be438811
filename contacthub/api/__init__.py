"""The gateway for programs: five vendors' protocols over the same data. No business rules here."""

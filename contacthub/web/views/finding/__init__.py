"""The search of the top bar: everything an organization has, in one field."""

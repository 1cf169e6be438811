"""Rich Utilities: Nordic contacts with filters, four sorts and a cursor."""

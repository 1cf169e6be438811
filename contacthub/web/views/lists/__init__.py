"""Lists: the overview, one list with its members and its history, lists compared, and adding to a list."""

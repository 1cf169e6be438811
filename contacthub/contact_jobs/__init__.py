"""Bulk jobs over contacts that programs ask for: extracts by creation day (Backstory), details by id (InsideView)."""

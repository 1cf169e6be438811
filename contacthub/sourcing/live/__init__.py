"""Live search of connected vendors, and the rows that are saved from it."""

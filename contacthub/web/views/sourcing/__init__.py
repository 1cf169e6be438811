"""Contacts pulled in bulk from a connected vendor."""

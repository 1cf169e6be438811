"""Contacts pulled in bulk from a connected vendor: its job, the fragments it wrote, and what became of their rows."""

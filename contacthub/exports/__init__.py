"""Exports: a frozen search as stable pages and as a file."""

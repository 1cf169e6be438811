"""Clients that others' generators make of the five documents, each operation called: `make clients`."""

"""Connections: an organization's accounts at vendors, with sealed credentials, health, limits and records of calls."""

"""The dashboard: pages and fragments for people. No business rules."""

"""Feeds of connected vendors: mirrored, previewed and searched through the connection that shows them."""

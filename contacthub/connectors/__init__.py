"""Connectors: the vendors' side of the five protocols, called over HTTP. Records go out, models never come in."""

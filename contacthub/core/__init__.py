"""Ground floor: errors, ids, clock, files and servers. Knows nothing of contacts or feeds."""

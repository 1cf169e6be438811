"""Schemathesis against every protocol's document, on a whole running system: `make fuzz`."""

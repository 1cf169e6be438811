"""The version of the rules by which text, addresses, links and numbers are stored. Raise it where a rule changes."""

VERSION = 1

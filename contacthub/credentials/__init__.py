"""Credentials: our own API keys, of which only hashes are kept."""

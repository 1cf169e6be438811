"""ContactHub: a self-hosted hub for buyer-intent and contact data."""

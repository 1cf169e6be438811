"""Views: one call into the house each, then a template."""

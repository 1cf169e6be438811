"""Letrics: contacts and companies by criteria, page by page."""

"""Contacts and companies: lists with filters, their pages, searches at vendors and what is saved from them."""

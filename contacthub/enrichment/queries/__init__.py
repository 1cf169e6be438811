"""Reads about lists, their rows and answers, and about single contacts."""

"""Backstory (People.ai): extracts of contacts as bulk jobs, and the tokens to ask for them."""

"""What is known about contacts, asked by id: one at a time, or a list of up to a million."""

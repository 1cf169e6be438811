"""Find contacts that may be the same person, say why, and keep what people decide about them.

`proposals` keeps the pairs. Merging them is the work of `contacts.merging`.
"""

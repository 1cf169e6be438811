"""Find contacts that may be the same person, say why, and keep what people decide about them.

`rule` says when two contacts are proposed, from what `names` and `cards` compare; `scan` compares those that changed;
`proposals` keeps the pairs. Merging them is the work of `contacts.merging`.
"""

"""Read a list that someone uploads: every row in its place, whatever its columns are called.

The imports of `core.tabular` leave out what does not fit. Here nothing may be left out: each row gets an answer.
"""

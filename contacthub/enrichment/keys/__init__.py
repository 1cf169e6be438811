"""The keys by which people name contacts: what a value is by its form, what a column is, what a row is looked up by.

Everything here is normalized as imports do it, and needs no database.
"""

"""Make one contact of two: what both say is united, every changed row is kept, and undoing restores it to the byte.

`rule` says which value of a field wins, `uniting` stores the values, lists and sources of both in the one that stays,
`rows` keeps what that changed and puts it back, `actions` is what people ask for.
"""

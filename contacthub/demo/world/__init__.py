"""The made-up world: companies, people and what they read, the same on every machine.

Everything is drawn from one seed, and every address and number in it is unassigned: domains end in
`.example` (RFC 2606), telephone numbers come from ranges that regulators keep free.
"""

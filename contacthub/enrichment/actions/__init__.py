"""Writes: lists are taken in, mapped, started and stopped; single contacts are looked up and revealed."""

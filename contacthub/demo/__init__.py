"""The whole system on one machine with made-up data: what `make demo` runs."""

"""Write a CSV of 1.2 MB in UTF-8 whose rows end in CR alone, with a letter of two bytes across byte 1,000,000."""

import sys
from pathlib import Path


def line(k, name="Åse Ødegård"):
    return f"id_{k:016x},{name}\r".encode()


out, k = bytearray(b"id,name\r"), 0
while len(out) < 999_900:
    out += line(k)
    k += 1
out += line(k, "x" * (999_999 - len(out) - 20) + "Åse")
k += 1
out += line(k) * 3
assert out[999_999:1_000_001] == "Å".encode()
Path(sys.argv[1]).write_bytes(out)

"""The titles of the divisions, groups and classes of NACE Rev. 2, in the words of Regulation (EC) No 1893/2006.

They are Eurostat's own file of 2022, without its sections, which `nace.SECTIONS` has.
"""

from pathlib import Path

_FILE = Path(__file__).parent / "data" / "nace_rev2.txt"


def _read() -> dict[str, str]:
    lines = _FILE.read_text(encoding="utf-8").splitlines()
    return {code: title for code, _, title in (line.partition(" ") for line in lines)}


# By code, such as 62, 62.0 and 62.01; in the order of the classification.
TITLES = _read()

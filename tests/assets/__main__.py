"""Check styles and scripts (`make check`), or print for `make assets` what static/build.mjs asks for."""

import json
import sys

from tests.assets.checks import SWAGGER, check_all, hash_sources
from tests.assets.classes import ROOT, read_project


def main() -> int:
    """Print what is wrong; the exit status is 1 then. With "inputs", print classes and sources as JSON instead."""
    if sys.argv[1:] == ["inputs"]:
        classes = sorted(read_project().list_likely())
        sources = hash_sources(ROOT)
        print(json.dumps({"classes": classes, "sources": sources, "swagger": str(SWAGGER)}))
        return 0
    wrong = check_all(ROOT)
    print(*wrong, sep="\n", end="\n" if wrong else "")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())

"""`python -m contacthub.demo`: start everything, say where it is, stop everything on Ctrl-C."""

import os
import sys

from contacthub.core.errors import ContactHubError
from contacthub.demo import supervisor


def main() -> int:
    """Run the demo and return the exit status: 0 when a person stopped it, else 1."""
    try:
        return supervisor.run_demo(dict(os.environ))
    except ContactHubError as error:
        sys.stderr.write(f"{error}\n")
        return 1


if __name__ == "__main__":
    sys.exit(main())

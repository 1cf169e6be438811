"""Apply the current rules to rows stored by earlier ones, and merge those that become equal.

It runs after `migrate`, once per version of the rules, see `run.normalize_stored`.
"""

from contacthub.contacts.normalizing.run import Counts, normalize_stored
from contacthub.contacts.rules_version import VERSION

__all__ = ["VERSION", "Counts", "normalize_stored"]

"""A process of its own that sends what is due, so that a test can kill it: `python -m tests.webhooks.sender`."""

import django


def main() -> None:
    """Send once."""
    django.setup()
    from contacthub.webhooks import runner

    runner.deliver_due()


if __name__ == "__main__":
    main()

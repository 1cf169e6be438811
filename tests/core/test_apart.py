"""What goes wrong over one of many is noted, and the others go on."""

import pytest
from django.db import InterfaceError, OperationalError
from structlog.testing import capture_logs

from contacthub.core.apart import apart


def test_the_others_go_on() -> None:
    done = []
    with capture_logs() as logs:
        for number in range(3):
            with apart("not_done", number=number):
                done.append(1 / (number - 1))
    assert done == [-1, 1]
    assert [(line["event"], line["number"]) for line in logs] == [("not_done", 1)]


@pytest.mark.parametrize("error", [OperationalError, InterfaceError])
def test_database_that_is_away_ends_the_loop(error: type[Exception]) -> None:
    with pytest.raises(error), apart("not_done"):
        raise error


def test_end_of_the_process_is_no_fault_of_one() -> None:
    with pytest.raises(KeyboardInterrupt), apart("not_done"):
        raise KeyboardInterrupt

"""The columns of a record are listed by table, file, export and protocol: these lists agree."""

from contacthub.connectors.records import IntentRow
from contacthub.exports.columns import list_names
from contacthub.feeds import intake
from contacthub.feeds.models import IntentRecord
from contacthub.wire import contactbased as wire

# What of a record says where it belongs; `contact_id` is kept as a key.
PLACE = {"feed", "fingerprint", "batch"}


def names_of(*, is_remote: bool = False) -> set[str]:
    return set(list_names(get_pii=True, include_business_info=True, is_remote=is_remote))


def test_what_is_imported_is_stored_and_can_be_exported() -> None:
    stored = {field.name for field in IntentRecord._meta.concrete_fields} - PLACE
    assert stored - {"contact_key"} | {"contact_id"} == set(intake.NAMES)
    assert names_of() == set(intake.NAMES)


def test_what_vendors_send_is_kept_and_can_be_exported() -> None:
    assert set(IntentRow._fields) == names_of(is_remote=True)
    assert "score" not in names_of(is_remote=True)


def test_the_protocols_rows_hold_nothing_else() -> None:
    sent = {name.replace("observed_date", "observed_on") for name in wire.Row.model_fields}
    assert sent - names_of() == set()

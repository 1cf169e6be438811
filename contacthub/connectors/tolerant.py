"""How connectors read what vendors send: tolerant where a vendor may differ from what we serve (`wire` is strict).

Names that are not known, numbers as text, ids as numbers, null for an empty list, and times without a zone are read.
What a record cannot do without is still required.
"""

import datetime as dt
from typing import Annotated, Any, TypeVar
from uuid import UUID

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WrapValidator,
)

Value = TypeVar("Value")
# What the columns of ids take.
MOST_ID_LENGTH = 100
MOST_SMALL, MOST_BIG = 2**31 - 1, 2**63 - 1


class Message(BaseModel):
    """A message as a connector reads it."""

    model_config = ConfigDict(extra="ignore", coerce_numbers_to_str=True, populate_by_name=True)


def _clean_id(text: str) -> str:
    text = text.strip()
    if not text or len(text) > MOST_ID_LENGTH or not text.isprintable():
        raise ValueError("an id has 1 to 100 printable characters")
    try:
        return str(UUID(text)) if len(text) == 36 else text
    except ValueError:
        return text


def _cut_to_day(value: object) -> object:
    return value[:10] if isinstance(value, str) and value[10:11] in ("T", "t", " ") else value


def _in_utc(moment: dt.datetime) -> dt.datetime:
    try:
        return moment.replace(tzinfo=moment.tzinfo or dt.UTC).astimezone(dt.UTC)
    except OverflowError as error:
        raise ValueError("there is no such time") from error


def _or_none(value: Any, read: ValidatorFunctionWrapHandler) -> Any:
    try:
        return read(value)
    except ValidationError:
        return None


# One form for a UUID, whatever the case.
Id = Annotated[str, AfterValidator(_clean_id)]
Small = Annotated[int, Field(ge=0, le=MOST_SMALL)]
Big = Annotated[int, Field(ge=0, le=MOST_BIG)]
Day = Annotated[dt.date, BeforeValidator(_cut_to_day)]
Moment = Annotated[dt.datetime, AfterValidator(_in_utc)]
Flag = Annotated[bool, BeforeValidator(lambda value: False if value is None else value)]
Items = Annotated[list[Value], BeforeValidator(lambda value: [] if value is None else value)]
# What is nice to know: None if it is missing, null, or nothing that can be read.
Maybe = Annotated[Value | None, WrapValidator(_or_none), Field(default=None)]


def read_word(text: str | None, words: dict[str, Value]) -> Value | None:
    """Return what a vendor's word means, in any case; None for one that is not known."""
    return words.get(text.strip().lower()) if text else None

"""What a log line may hold: ids, counts, names of code, and never a value that someone sent or stored.

Three rules, because no list of secrets is ever complete:

- Requests are named by their route (`GET /invitations/<str:token>/`), see `web/request_log.py`.
- Exceptions are shown as classes, places in the code and the names that a database gives; their text is dropped,
  because it quotes values (`Key (email)=(…) already exists`, `invalid literal for int(): '…'`).
- Lines of libraries keep their own words and lose the values that are filled in, unless these are plainly harmless.

What still looks like a secret, an e-mail address or a URL is cut out of every line at the end.
"""

import logging
import re
import sys
import threading
import traceback
from collections.abc import Iterator, Mapping
from types import TracebackType
from typing import Any

import structlog
from structlog.typing import EventDict, WrappedLogger

HIDDEN = "…"
# A part of an e-mail address, before the @ or between its dots.
PART = r"[^\s\"'<>(){}\[\],;:=@]+"
# Loggers whose lines at INFO tell of starts, stops and tasks, and hold nothing that came with a request.
TRUSTED_AT_INFO = ("gunicorn.error", "celery", "kombu")
# Loggers that write addresses and headers of whole exchanges below this level.
QUIET = ("httpx", "httpcore", "django.db.backends", "asyncio")
UUID = r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}"
# A value in a library's line that may stay: an id, or a dotted name of code such as that of a task.
HARMLESS = re.compile(rf"{UUID}|[a-z][a-z0-9_]*(?:\.[A-Za-z][A-Za-z0-9_]*)+", re.ASCII)
# From the most special to the most general.
PATTERNS = (
    # The host of a URL is worth keeping; its path and query, or a password before the host, are not.
    (re.compile(r"\b([a-z][a-z0-9+.-]*://)(?:[^\s/@\"']*@)?([^\s/?#\"'<>]*)[/?#][^\s\"'<>]*", re.I), r"\1\2/…"),
    (re.compile(r"\b([a-z][a-z0-9+.-]*://)[^\s/@\"']+@", re.I), r"\1"),
    (re.compile(rf"{PART}(?:@|＠|%40){PART}\.{PART}", re.I), HIDDEN),
    (re.compile(r"\b(Bearer|Basic|Token|Digest)\s+[^\s\"',;]+", re.I), rf"\1 {HIDDEN}"),
    # Our own keys, tokens and webhook secrets (Standard Webhooks), and the beginnings that vendors give theirs.
    (re.compile(r"\b(?:chub_(?:live|token)|whsec|sk|pk|ghp)_[\w.:-]{8,}", re.ASCII), HIDDEN),
    # Fernet and JWT.
    (re.compile(r"\b(?:gAAAA|eyJ)[\w.=-]{16,}", re.ASCII), HIDDEN),
)  # fmt: skip
# Anything long enough to be random. Ids have hyphens at their places, names of code have no digits among capitals.
LONG = re.compile(
    r"(?<![\w-])(?=[\w-]*\d)(?=[\w-]*[A-Z])(?=[\w-]*[a-z])[\w-]{20,}(?![\w-])", re.ASCII
)


def hide_secrets(text: str) -> str:
    """Return a text without what looks like an e-mail address, a key, a token, or a URL's path and query."""
    for pattern, instead in PATTERNS:
        text = pattern.sub(instead, text)
    return LONG.sub(HIDDEN, text)


# --- Exceptions -----------------------------------------------------------------------------------


def describe_exception(error: BaseException) -> str:
    """Return an exception and its causes as classes and places in the code, without their text or any value."""
    parts = []
    for each in _list_causes(error):
        # Without the lines of code: a literal in one is a value, too.
        frames = traceback.extract_tb(each.__traceback__)
        places = [f"  {frame.filename}:{frame.lineno} in {frame.name}" for frame in frames]
        parts.append("\n".join([name_error(each), *places]))
    return "\nbecause of\n".join(parts)


def _list_causes(error: BaseException | None) -> Iterator[BaseException]:
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        context = None if error.__suppress_context__ else error.__context__
        error = error.__cause__ or context


def name_error(error: BaseException) -> str:
    """Return an exception's class, with the code that a database, the system or our own errors give."""
    kind = type(error)
    name = (
        kind.__qualname__
        if kind.__module__ == "builtins"
        else f"{kind.__module__}.{kind.__qualname__}"
    )
    details = [str(detail) for detail in _details(error) if detail]
    return f"{name} [{' '.join(details)}]" if details else name


def _details(error: BaseException) -> Iterator[object]:
    # psycopg: the names of things, not the line "DETAIL", which holds the row's values.
    yield getattr(error, "sqlstate", None)
    diagnostics = getattr(error, "diag", None)
    for field in ("table_name", "column_name", "constraint_name"):
        yield getattr(diagnostics, field, None)
    if isinstance(error, OSError) and error.errno:
        yield f"errno {error.errno}"


def show_exception(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """Replace `exc_info` by a description of the exception (a structlog processor)."""
    given = event.pop("exc_info", None)
    error = given
    if isinstance(given, tuple):
        error = given[1]
    elif given and not isinstance(given, BaseException):
        error = sys.exc_info()[1]
    if isinstance(error, BaseException):
        event["exception"] = describe_exception(error)
    return event


# --- Lines of libraries ---------------------------------------------------------------------------


def keep_own_words(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """Leave a library's line its words and take the values out (a structlog processor)."""
    record: logging.LogRecord = event["_record"]
    arguments = event.pop("positional_args", None) or ()
    if hasattr(record, "request"):
        # Django's lines about a request name its address; ours name its route, beside this one.
        event["event"] = "request_refused"
        event["code"] = getattr(record, "status_code", None)
    elif not isinstance(record.msg, str):
        event["event"] = type(record.msg).__name__
    else:
        is_trusted = record.levelno <= logging.INFO and record.name.startswith(TRUSTED_AT_INFO)
        kept = arguments if is_trusted else _keep_harmless(arguments)
        event["event"] = (
            _fill_in(record.msg, kept) if arguments or is_trusted else _cut_detail(record.msg)
        )
    return event


def _cut_detail(words: str) -> str:
    """Return a text that came filled in, as gunicorn's "Invalid request from ip=…: …", without what it quotes."""
    head, colon, _ = words.partition(": ")
    return f"{head}{colon}{HIDDEN}" if colon else head


def _fill_in(words: str, arguments: Any) -> str:
    try:
        return words % arguments if arguments else words
    except (TypeError, ValueError, KeyError):
        return words


def _keep_harmless(arguments: Any) -> Any:
    if isinstance(arguments, Mapping):
        return {name: _harmless(value) for name, value in arguments.items()}
    return tuple(map(_harmless, arguments))


def _harmless(value: object) -> object:
    if value is None or isinstance(value, (bool, int, float)):
        return value
    if isinstance(value, BaseException):
        return name_error(value)
    return value if isinstance(value, str) and HARMLESS.fullmatch(value) else HIDDEN


# --- Every line -----------------------------------------------------------------------------------


def cut_secrets(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """Take out of a whole line what looks like a secret (a structlog processor, the last one)."""
    return {name: _cut(value) for name, value in event.items()}


def _cut(value: Any) -> Any:
    if isinstance(value, BaseException):
        return name_error(value)
    if isinstance(value, str):
        return hide_secrets(value)
    if isinstance(value, Mapping):
        return {str(name): _cut(inner) for name, inner in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_cut(inner) for inner in value]
    return (
        value
        if value is None or isinstance(value, (bool, int, float))
        else hide_secrets(str(value))
    )


def drop_error_text(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """Replace an exception, or the text of one, that a library hands over as a value (a structlog processor)."""
    for name in ("error", "exception", "reason", "result"):
        if isinstance(event.get(name), BaseException):
            event[name] = name_error(event[name])
        elif name in event and event.get("logger", "").startswith("django_structlog"):
            event[name] = HIDDEN
    return event


SHARED: list[Any] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.StackInfoRenderer(),
    drop_error_text,
    show_exception,
]


def configure_logging(*, level: str) -> dict[str, Any]:
    """Set structlog up and return Django's LOGGING: JSON lines on standard error.

    `level` is for our own lines; libraries never go below INFO, because their details are whole requests.
    """
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *SHARED,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    # A line that cannot be formatted would be printed with its values.
    logging.raiseExceptions = False
    library_level = "INFO" if level == "DEBUG" else level
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"json": {"()": make_formatter}},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json"}},
        "root": {"handlers": ["stderr"], "level": library_level},
        "loggers": {
            "contacthub": {"level": level},
            "django.server": {"level": "WARNING", "handlers": ["stderr"], "propagate": False},
            **{name: {"level": "WARNING"} for name in QUIET},
        },
    }


def make_formatter() -> structlog.stdlib.ProcessorFormatter:
    """Return the one formatter of every handler, of gunicorn's too."""
    return structlog.stdlib.ProcessorFormatter(
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            cut_secrets,
            structlog.processors.JSONRenderer(),
        ],
        foreign_pre_chain=[keep_own_words, *SHARED],
        use_get_message=False,
        pass_foreign_args=True,
    )


def log_uncaught() -> None:
    """Let what ends this program, or a thread of it, be a log line: Python's own words for it quote values."""
    sys.excepthook = _log_uncaught
    threading.excepthook = _log_uncaught_in_thread


def _log_uncaught(
    kind: type[BaseException], error: BaseException, trace: TracebackType | None
) -> None:
    if issubclass(kind, KeyboardInterrupt):
        sys.__excepthook__(kind, error, trace)
    else:
        logging.getLogger("contacthub").critical("uncaught", exc_info=(kind, error, trace))


def _log_uncaught_in_thread(args: threading.ExceptHookArgs) -> None:
    if args.exc_value is not None and not issubclass(args.exc_type, SystemExit):
        logging.getLogger("contacthub").error(
            "thread_ended", exc_info=(args.exc_type, args.exc_value, args.exc_traceback)
        )

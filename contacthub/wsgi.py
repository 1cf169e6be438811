"""The web process: Django behind gunicorn."""

import os

# A page never needs a slow statement: better a clear 503 than a thread that hangs (see settings.DATABASES).
os.environ.setdefault("STATEMENT_TIMEOUT", "30s")
os.environ.setdefault("LOCK_TIMEOUT", "10s")
os.environ.setdefault("CONTACTHUB_PROCESS", "contacthub-web")
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "contacthub.settings")

import django
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.handlers.wsgi import WSGIHandler, WSGIRequest

from contacthub.core.logs import log_uncaught

if settings.SECRET_KEY == settings.NO_SECRET_KEY:
    raise ImproperlyConfigured("Set SECRET_KEY to a long random text; docs/operating.md says how.")


class Utf8Request(WSGIRequest):
    """A request whose text is UTF-8, whatever `charset` its Content-Type names.

    Django takes the name for that of a Python codec, also for the query; `base64` and `undefined` are codecs of which
    reading a text fails before anything can answer. Browsers and programs send UTF-8 (URL Standard, RFC 8259 §8.1).
    """

    @property
    def encoding(self) -> str | None:
        """Return nothing, which means UTF-8."""
        return None

    @encoding.setter
    def encoding(self, value: str | None) -> None:
        """Keep UTF-8."""


class Application(WSGIHandler):
    """Django's handler, for requests in UTF-8."""

    request_class = Utf8Request


log_uncaught()
django.setup(set_prefix=False)
application = Application()

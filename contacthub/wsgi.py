"""The web process: Django behind gunicorn."""

import os

# A page never needs a slow statement: better a clear 503 than a thread that hangs (see settings.DATABASES).
os.environ.setdefault("STATEMENT_TIMEOUT", "30s")
os.environ.setdefault("LOCK_TIMEOUT", "10s")
os.environ.setdefault("CONTACTHUB_PROCESS", "contacthub-web")
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "contacthub.settings")

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.wsgi import get_wsgi_application

from contacthub.core.logs import log_uncaught

if settings.SECRET_KEY == settings.NO_SECRET_KEY:
    raise ImproperlyConfigured("Set SECRET_KEY to a long random text; docs/operating.md says how.")

log_uncaught()
application = get_wsgi_application()

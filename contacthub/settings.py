"""Every setting of ContactHub, read from the environment once.

docs/operating.md lists the variables. On one machine `make demo` starts the databases itself and leaves
their addresses in `var/services.json`; they count only where the environment says nothing.
"""

import json
import os
from pathlib import Path
from urllib.parse import urlsplit

import environ
from csp.constants import NONE, SELF
from django.contrib.messages import constants as messages
from whitenoise.compress import Compressor

from contacthub.core.client_address import IPV6_PREFIX
from contacthub.core.logs import configure_logging
from contacthub.core.object_places import Place

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()

VAR_DIR = Path(env("CONTACTHUB_VAR", default=str(BASE_DIR / "var")))
SERVICES_FILE = VAR_DIR / "services.json"
if SERVICES_FILE.exists():
    for _name, _value in json.loads(SERVICES_FILE.read_text()).items():
        os.environ.setdefault(_name, _value)

# --- Where it runs --------------------------------------------------------------------------------
DEBUG = False
# A key for commands that sign nothing (collectstatic in the image build); the web process refuses to start with it.
NO_SECRET_KEY = "no-secret-key"  # noqa: S105
SECRET_KEY = env("SECRET_KEY", default=NO_SECRET_KEY)
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])
BASE_URL = env("BASE_URL", default="http://127.0.0.1:8000").rstrip("/")
_address = urlsplit(BASE_URL)
IS_HTTPS = _address.scheme == "https"
ALLOWED_HOSTS = [
    _address.hostname or "",
    *env.list("ALLOWED_HOSTS", default=[]),
    *([] if IS_HTTPS else ["localhost", "127.0.0.1", "[::1]"]),
]
CSRF_TRUSTED_ORIGINS = [BASE_URL]
# Number of proxies in front that set X-Forwarded-For; 0 believes only the socket's own address.
TRUSTED_PROXY_COUNT = env.int("TRUSTED_PROXY_COUNT", default=0)
# Our adapter answers allauth's question; should a part of allauth ask its own setting, it gets the same answer.
ALLAUTH_TRUSTED_PROXY_COUNT = TRUSTED_PROXY_COUNT
ALLAUTH_RATE_LIMIT_IPV6_PREFIX = IPV6_PREFIX
if IS_HTTPS:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_HSTS_SECONDS = 31536000
    SECURE_HSTS_INCLUDE_SUBDOMAINS = True
# The proxy redirects to TLS, and whether a domain goes on the browsers' preload list is its owner's to say.
SILENCED_SYSTEM_CHECKS = ["security.W008", "security.W021"]
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = IS_HTTPS
# Two checkouts on one host must not sign each other out: cookies do not distinguish ports.
_cookie_suffix = f"_{_address.port}" if _address.port else ""
# Browsers take a __Host- cookie from this host alone, over TLS and for every path (RFC 6265bis §4.1.3.2).
_cookie_prefix = "__Host-contacthub" if IS_HTTPS else "contacthub"
SESSION_COOKIE_NAME = f"{_cookie_prefix}_session{_cookie_suffix}"
CSRF_COOKIE_NAME = f"{_cookie_prefix}_csrf{_cookie_suffix}"
# Browsers that signed in before, see web/devices.py.
DEVICE_COOKIE_NAME = f"{_cookie_prefix}_device{_cookie_suffix}"
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 60 * 60 * 24 * 14
CSRF_FAILURE_VIEW = "contacthub.web.errors.csrf_failure"
SECURE_REFERRER_POLICY = "same-origin"
# Nothing here uses these; copying to the clipboard stays allowed.
PERMISSIONS_POLICY = ", ".join(
    f"{feature}=()"
    for feature in (
        "accelerometer", "browsing-topics", "camera", "display-capture", "geolocation", "gyroscope", "magnetometer",
        "microphone", "midi", "payment", "serial", "usb",
    )
)  # fmt: skip
X_FRAME_OPTIONS = "DENY"

INSTALLED_APPS = [
    "contacthub.web",
    "contacthub.api",
    "contacthub.sourcing",
    "contacthub.exports",
    "contacthub.enrichment",
    "contacthub.contact_jobs",
    "contacthub.feeds",
    "contacthub.contacts",
    "contacthub.lists",
    "contacthub.webhooks",
    "contacthub.jobs",
    "contacthub.credentials",
    "contacthub.organizations",
    "contacthub.demo",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "contacthub.web.apps.PageFilesConfig",
    "allauth",
    "allauth.account",
    # Without its own changes to settings: they are all here.
    "django_cotton.apps.SimpleAppConfig",
    "django_htmx",
    "django_structlog",
    "ninja",  # for the files of its reference page
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "contacthub.web.compression.PageCompressionMiddleware",
    "contacthub.core.tenancy.TenancyMiddleware",
    "contacthub.web.request_log.RequestLogMiddleware",
    "contacthub.api.middleware.ProtocolMiddleware",
    "contacthub.web.middleware.UsableRequestMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "contacthub.web.upload_limit.FormLimitMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "contacthub.web.normalizing.TextMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "contacthub.web.middleware.SignInMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "contacthub.web.middleware.PrivacyMiddleware",
    "contacthub.web.middleware.MembershipMiddleware",
    "contacthub.web.devices.DeviceMiddleware",
    "contacthub.web.private_query.PrivateQueryMiddleware",
    "contacthub.web.middleware.ErrorPageMiddleware",
]
ROOT_URLCONF = "contacthub.urls"
PROTOCOL_URLCONF = "contacthub.api.urls"
WSGI_APPLICATION = "contacthub.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "OPTIONS": {
            # Reads the folders above and those of the apps; knows components.
            "loaders": [
                ("django.template.loaders.cached.Loader", ["contacthub.web.components.Loader"])
            ],
            "builtins": [
                "django_cotton.templatetags.cotton",
                "contacthub.web.templatetags.addresses",
                "contacthub.web.templatetags.bars",
                "contacthub.web.templatetags.controls",
                "contacthub.web.templatetags.figures",
                "contacthub.web.templatetags.menus",
                "contacthub.web.templatetags.states",
                "contacthub.web.templatetags.times",
                "contacthub.web.templatetags.values",
            ],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.messages.context_processors.messages",
                "contacthub.web.context.shell",
            ],
        },
    }
]
# A component sees its arguments and what every page has, nothing else of the page around it.
COTTON_DIR = "components"
COTTON_ISOLATE_BY_DEFAULT = True

# --- Database -------------------------------------------------------------------------------------
# STATEMENT_TIMEOUT and LOCK_TIMEOUT are set by wsgi.py for web processes only: an import may take an hour, a page not.
_session = {
    "jit": "off",  # every statement here is short or a scan; compiling costs more than it saves
    "statement_timeout": env("STATEMENT_TIMEOUT", default="0"),
    "lock_timeout": env("LOCK_TIMEOUT", default="0"),
    "idle_in_transaction_session_timeout": env("IDLE_IN_TRANSACTION_TIMEOUT", default="60s"),
}
DATABASES = {
    "default": {
        **env.db_url("DATABASE_URL", default="postgres://127.0.0.1:5432/contacthub"),
        # Django's own, which also tells each connection whose rows it works on.
        "ENGINE": "contacthub.core.postgres",
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {
            "connect_timeout": 5,
            "application_name": env("CONTACTHUB_PROCESS", default="contacthub"),
            "options": " ".join(f"-c {name}={value}" for name, value in _session.items()),
        },
    }
}
# The plain role that runs the programs: `migrate`, which runs as the tables' owner, lets it use them.
DATABASE_APP_ROLE = env("DATABASE_APP_ROLE", default="")
CACHES = {
    # In Postgres, so that a flushed or missing Redis never signs anyone out or lifts a login limit.
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "contacthub_cache",
    }
}
SESSION_ENGINE = "django.contrib.sessions.backends.db"

# --- Jobs: Celery is the doorbell, Postgres the truth ---------------------------------------------
REDIS_URL = env("REDIS_URL", default="redis://127.0.0.1:6379/0")
JOB_LEASE_SECONDS = env.int("JOB_LEASE_SECONDS", default=60)
JOB_SWEEP_SECONDS = env.int("JOB_SWEEP_SECONDS", default=5)
JOB_MAX_ATTEMPTS = 5
# Jobs one organization may run at a time while another one waits.
JOBS_PER_ORGANIZATION = env.int("JOBS_PER_ORGANIZATION", default=1)
# Tasks whose time goes by waiting for the servers of others: they have a queue, and workers, of their own, so that one
# that hangs keeps no file of anyone's waiting.
CALLS_QUEUE = "calls"
CALLING_TASKS = (
    "contacthub.exports.tasks.bring_file",
    "contacthub.enrichment.tasks.ask_and_answer_rows",
    "contacthub.sourcing.tasks.save_found",
    "contacthub.sourcing.tasks.pull_contacts",
    "contacthub.feeds.tasks.sync_remote_feeds",
    "contacthub.webhooks.tasks.deliver_due",
    # Names of the release before.
    "contacthub.enrichment.tasks.save_found",
    "contacthub.pulls.tasks.pull_contacts",
    "contacthub.jobs.tasks.deliver_due",
    "contacthub.jobs.tasks.sweep_fragments",
)
# Files of one organization that are kept at a time, in bytes; then nothing new is exported until some have expired.
STORAGE_PER_ORGANIZATION = env.int("STORAGE_PER_ORGANIZATION", default=100_000_000_000)
# Where the bytes of files are kept, separated by commas: `postgres` or `s3://bucket/prefix`. New ones go to the first;
# the others are still read, and swept.
FRAGMENT_STORE = env.list("FRAGMENT_STORE", default=[]) or ["postgres"]
for _place in FRAGMENT_STORE:
    if _place != "postgres":
        Place.of(_place)
# Empty: Amazon's in the region; without a key, with the rights of the machine's own role.
FRAGMENT_STORE_ENDPOINT = env("FRAGMENT_STORE_ENDPOINT", default="")
FRAGMENT_STORE_REGION = env("FRAGMENT_STORE_REGION", default="us-east-1")
FRAGMENT_STORE_KEY_ID = env("FRAGMENT_STORE_KEY_ID", default="")
FRAGMENT_STORE_SECRET = env("FRAGMENT_STORE_SECRET", default="")
# The object storage as browsers reach it: people's downloads are sent there by a signed link. Empty: not used.
FRAGMENT_LINKS_ENDPOINT = env("FRAGMENT_LINKS_ENDPOINT", default="")
# Downloads that one web process serves at once, of one organization at most half of them. A download holds a thread.
DOWNLOADS_AT_ONCE = env.int(
    "DOWNLOADS_AT_ONCE", default=max(1, env.int("WEB_THREADS", default=16) // 2)
)
# Seconds; a reader that takes nothing for so long is cut off, and may resume.
DOWNLOAD_STALL_SECONDS = env.int("DOWNLOAD_STALL_SECONDS", default=60)
# A folder that nginx reads too, and the internal location under which it does (X-Accel-Redirect). Empty: not used.
DOWNLOADS_ACCEL_FOLDER = env("DOWNLOADS_ACCEL_FOLDER", default="")
DOWNLOADS_ACCEL_PATH = env("DOWNLOADS_ACCEL_PATH", default="/_files/")
RESULT_KEEP_DAYS = env.int("RESULT_KEEP_DAYS", default=30)
# A check of an address that found it valid is called aging after so many days, and old after so many.
CHECK_AGING_DAYS = env.int("CHECK_AGING_DAYS", default=90)
CHECK_OLD_DAYS = env.int("CHECK_OLD_DAYS", default=180)
# What the parts of a contact's quality weigh, and after how many days without being seen it is stale.
QUALITY_WEIGHTS = {"email": 30, "phone": 15, "agreement": 20, "seen": 25, "profile": 10} | {
    name: int(weight) for name, weight in env.dict("QUALITY_WEIGHTS", default={}).items()
}
STALE_AFTER_DAYS = env.int("STALE_AFTER_DAYS", default=365)
CONTACTBASED_EXPORT_PAGE_SIZE = 1000
# Bulk contact jobs. Sources: People.ai, "Bulk APIs"; InsideView, "Using the Bulk APIs", "Throttling and Quota".
BACKSTORY_MOST_RUNNING = 2
BACKSTORY_MOST_QUEUED = 10
BACKSTORY_KEEP_DAYS = 10
BACKSTORY_FRAGMENT_ROWS = env.int("BACKSTORY_FRAGMENT_ROWS", default=10_000)
# Requests a minute: the most that one key may have, that all keys of an organization have together, and how many with
# a wrong key an address may make before it must wait.
KEY_RATE_CEILING = env.int("KEY_RATE_CEILING", default=1_000_000)
ORGANIZATION_RATE = env.int("ORGANIZATION_RATE", default=120_000)
REFUSED_KEYS_PER_ADDRESS = env.int("REFUSED_KEYS_PER_ADDRESS", default=600)
INSIDEVIEW_MOST_JOBS = env.int("INSIDEVIEW_MOST_JOBS", default=2)
# Requests of one key in five minutes before the whole organization is locked out for five. Above what the default
# rate of a key lets through, so that only keys with a higher one reach it.
INSIDEVIEW_THROTTLE_REQUESTS = env.int("INSIDEVIEW_THROTTLE_REQUESTS", default=60_000)
# Hooks for fault tests: "name:action" pairs, see core/failpoints.py. Empty in every other process.
FAILPOINTS = env("CONTACTHUB_FAILPOINTS", default="")
FAILPOINTS_ONCE = env("CONTACTHUB_FAILPOINTS_ONCE", default="")

# --- Requests that leave: webhooks, and vendors at addresses that users give --------------------
# For receivers in one's own network, and for tests.
OUTBOUND_ALLOW_PRIVATE = env.bool("OUTBOUND_ALLOW_PRIVATE", default=False)
# Empty: 80 and 443; every port where private addresses are allowed.
OUTBOUND_PORTS = env.list("OUTBOUND_PORTS", cast=int, default=[])
# Only for demos: connections to this instance's own address are a made-up vendor, and every page of theirs says so.
SANDBOX = env.bool("SANDBOX", default=False)
# Fernet keys for secrets at rest, the newest first. Empty: derived from SECRET_KEY.
SECRETS_KEYS = env.list("SECRETS_KEYS", default=[])

# --- People ---------------------------------------------------------------------------------------
AUTH_USER_MODEL = "organizations.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 10},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
# Seconds that a link to a new password works: one that was sent and one that an admin made.
PASSWORD_RESET_TIMEOUT = 60 * 60 * 24
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"
ACCOUNT_ADAPTER = "contacthub.web.accounts.AccountAdapter"
ACCOUNT_FORMS = {
    "login": "contacthub.web.accounts.LoginForm",
    "reset_password": "contacthub.web.accounts.ResetPasswordForm",
}
# Failed sign-ins and requests for links are counted by web/tries.py: for an account and an address together.
ACCOUNT_RATE_LIMITS = {"login": "60/m/ip", "reset_password": "20/m/ip"}
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD: str | None = None
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = False
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_EMAIL_NOTIFICATIONS = False
# A mail to a stranger would offer a sign-up, which there is not. The page says the same for every address.
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
# The classes of banners.
MESSAGE_TAGS = {messages.SUCCESS: "ok", messages.ERROR: "bad"}
# Without EMAIL_URL no mail is made, and none is written to a log either: links to passwords would stand in it.
NO_EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"
_email = env.email_url("EMAIL_URL", default="dummymail://")
EMAIL_BACKEND = _email["EMAIL_BACKEND"]
EMAIL_HOST = _email["EMAIL_HOST"]
EMAIL_PORT = _email["EMAIL_PORT"]
EMAIL_HOST_USER = _email["EMAIL_HOST_USER"]
EMAIL_HOST_PASSWORD = _email["EMAIL_HOST_PASSWORD"]
EMAIL_USE_TLS = _email.get("EMAIL_USE_TLS", False)
EMAIL_USE_SSL = _email.get("EMAIL_USE_SSL", False)
DEFAULT_FROM_EMAIL = env("EMAIL_FROM", default="ContactHub <contacthub@localhost>")
HAS_EMAIL = "EMAIL_URL" in os.environ

# --- Words and files ------------------------------------------------------------------------------
LANGUAGE_CODE = "en-gb"
TIME_ZONE = "UTC"
USE_TZ = True
USE_THOUSAND_SEPARATOR = False
STATIC_URL = "/static/"
# static/css and static/js are the sources of static/dist (`make assets`); browsers get what was made of them.
STATICFILES_DIRS = [(name, BASE_DIR / "static" / name) for name in ("dist", "vendor")]
# Files at the root of the site: browsers request /favicon.ico automatically, also for answers that are not pages.
WHITENOISE_ROOT = BASE_DIR / "static" / "root"
# Of each file only the copy whose name holds its hash is kept, and beside it one in Brotli and one in gzip.
WHITENOISE_KEEP_ONLY_HASHED_FILES = True
WHITENOISE_SKIP_COMPRESS_EXTENSIONS = (*Compressor.SKIP_COMPRESS_EXTENSIONS, "map")
# Serve files from where they are (tests, development) instead of a collected, hashed and compressed copy.
WHITENOISE_USE_FINDERS = env.bool("WHITENOISE_USE_FINDERS", default=False)
STATIC_ROOT = (
    None if WHITENOISE_USE_FINDERS else Path(env("STATIC_ROOT", default=str(VAR_DIR / "static")))
)
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": (
            "django.contrib.staticfiles.storage.StaticFilesStorage"
            if WHITENOISE_USE_FINDERS
            else "whitenoise.storage.CompressedManifestStaticFilesStorage"
        )
    },
}
# An uploaded list of a million ids is about 25 MB; the form says the limit before the upload does.
UPLOAD_MAX_BYTES = env.int("UPLOAD_MAX_BYTES", default=64_000_000)
# Every other form, and the fields beside a file. The protocols have limits of their own.
DATA_UPLOAD_MAX_MEMORY_SIZE = 256_000
FILE_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
# Uploads read at a time on one machine, whatever workers it has; an organization has one read at a time.
UPLOAD_READERS = env.int("UPLOAD_READERS", default=2)

# --- Content security: nothing inline, nothing from elsewhere -------------------------------------
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "font-src": [SELF],
        "img-src": [SELF, "data:"],  # data: for the form glyphs of Tabler's stylesheet
        "connect-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
        "object-src": [NONE],
    }
}

# --- Logs: one JSON object a line, each with the request id, none with a value that someone sent -------------------
DJANGO_STRUCTLOG_CELERY_ENABLED = True
LOGGING = configure_logging(level=env("LOG_LEVEL", default="INFO"))

"""Settings, read from the environment; `.env.example` explains every variable.

One rule decides how the site behaves. While ALLOWED_HOSTS is empty the site is *embedded*: it
answers on this computer only, over plain HTTP, and makes its own secret key. Once ALLOWED_HOSTS
names a host the site is *public*: it insists on HTTPS and on a secret key of its owner's.
DATABASE_URL and REDIS_URL choose the database and the queue independently of that; without them
both live in files beneath var/.
"""

from pathlib import Path

import environ
from celery.schedules import crontab
from csp.constants import NONE, SELF

from scorecard_site import environment
from scorecard_site.logs import logging_config

env = environ.Env()
BASE_DIR = Path(__file__).resolve().parent.parent

# --- Where and how it runs

VAR_DIR = Path(env.str("VAR_DIR", default=str(BASE_DIR / "var")))
VAR_DIR.mkdir(mode=0o700, parents=True, exist_ok=True)
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=[])
PUBLIC = bool(ALLOWED_HOSTS)
# A container asks itself for its health by number.
ALLOWED_HOSTS += ["127.0.0.1"] if PUBLIC else ["127.0.0.1", "localhost", "[::1]"]
DEBUG = env.bool("DEBUG", default=False)
# Shows the demo people on the sign-in page and loads their organization on the first start.
DEMO = env.bool("DEMO", default=False)
SECRET_KEY = env.str("SECRET_KEY", default="")
if not SECRET_KEY:
    # A public site with "unset" does not start: scorecard_site.checks says what to do.
    SECRET_KEY = "unset" if PUBLIC else environment.stored_secret_key(VAR_DIR / "secret_key")
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])

# --- What it is made of

INSTALLED_APPS = [
    "scorecard_site",
    "strategy_maps",
    "scorecards",
    "kpis",
    "organizations",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "rest_framework",
    "drf_spectacular",
    "django_htmx",
    "template_partials",
    "lucide",
    "simple_history",
    "tree_queries",
    "csp",
    "django_structlog",
]

MIDDLEWARE = [
    "scorecard_site.middleware.RequestLog",
    "scorecard_site.middleware.RequestIdHeader",
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.gzip.GZipMiddleware",
    "scorecard_site.middleware.StandingPolicy",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "scorecard_site.middleware.PrivateByDefault",
    "django.middleware.http.ConditionalGetMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "scorecard_site.middleware.LeadToStart",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "simple_history.middleware.HistoryRequestMiddleware",
]

ROOT_URLCONF = "scorecard_site.urls"
WSGI_APPLICATION = "scorecard_site.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "scorecard_site.context_processors.demo_people",
            ],
        },
    },
]

# --- Data

DATABASES = {
    "default": environment.database(
        env.db_url("DATABASE_URL", default=f"sqlite:///{VAR_DIR / 'line_of_sight.sqlite3'}"),
        pool_size=env.int("DATABASE_POOL_SIZE", default=8),
        prepares=env.bool("DATABASE_PREPARES", default=True),
    )
}
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
DATA_UPLOAD_MAX_MEMORY_SIZE = 10 * 1024 * 1024
# Without scripts a grid of values or targets sends every one of its cells.
DATA_UPLOAD_MAX_NUMBER_FIELDS = 10_000
FILE_UPLOAD_MAX_MEMORY_SIZE = 10 * 1024 * 1024
FILE_UPLOAD_HANDLERS = [
    "scorecard_site.uploads.BoundedUpload",
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "django.core.files.uploadhandler.TemporaryFileUploadHandler",
]

# --- People

AUTH_USER_MODEL = "organizations.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "/"
ACCOUNT_ADAPTER = "organizations.adapter.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_EMAIL_SUBJECT_PREFIX = "Line of Sight: "
EMAIL_CONFIG = env.email_url("EMAIL_URL", default="consolemail://")
vars().update(EMAIL_CONFIG)
EMAIL_TIMEOUT = 10  # seconds: a mail server that is away must not hold up a page
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="line-of-sight@localhost")
# Where links in mails lead that no request asked for.
SITE_URL = env.str("SITE_URL", default="") or environment.site_url(
    ALLOWED_HOSTS[0] if PUBLIC else "", env.str("PORT", default="8000")
)

# --- Language and time

LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_TZ = True
USE_I18N = False

# --- Static files

STATIC_URL = "/static/"
STATIC_ROOT = VAR_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATICFILES_FINDERS = [
    "django.contrib.staticfiles.finders.FileSystemFinder",
    "django.contrib.staticfiles.finders.AppDirectoriesFinder",
    "scorecard_site.finders.PackageFileFinder",
]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}

# --- Security

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF],
        # What Plotly 7.1.0 writes into style elements: nothing, and MapLibre's rules. Without the
        # first, legends and titles of charts fall out of place.
        "style-src": [
            SELF,
            "'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='",
            "'sha256-ji27qzEtxXZW+7dun6UwjHXJ18e6WAin1VvNtkzIE/o='",
        ],
        "img-src": [SELF, "data:"],
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}
X_FRAME_OPTIONS = "DENY"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = PUBLIC
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SECURE = PUBLIC
CSRF_FAILURE_VIEW = "scorecard_site.errors.csrf_failure"
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
SECURE_SSL_REDIRECT = PUBLIC
# The container asks for its own health over plain HTTP, from within.
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if PUBLIC else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = PUBLIC
# Whether a domain goes on the browsers' preload list is for the owner of the domain to decide.
SILENCED_SYSTEM_CHECKS = ["security.W021"]
SECURE_REFERRER_POLICY = "same-origin"
# Believed only when the proxy in front is known to overwrite the header.
BEHIND_PROXY = env.bool("BEHIND_PROXY", default=False)
if BEHIND_PROXY:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    ALLAUTH_TRUSTED_PROXY_COUNT = 1

# --- Asking other systems

# Networks of our own that sources and webhooks may ask, besides the public internet.
OUTGOING_NETWORKS = env.list("OUTGOING_NETWORKS", default=[])
# Where SQLite files lie that sources may read, in a folder of each organization's code.
SOURCES_FOLDER = env.str("SOURCES_FOLDER", default=str(VAR_DIR / "sources"))

# --- API

REST_FRAMEWORK = {
    "DEFAULT_RENDERER_CLASSES": ["scorecard_site.renderers.OrjsonRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_AUTHENTICATION_CLASSES": ["rest_framework.authentication.SessionAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "EXCEPTION_HANDLER": "scorecards.api_errors.problem_details",
    "DEFAULT_SCHEMA_CLASS": "scorecards.api.schema.operations.ApiSchema",
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Line of Sight",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "DESCRIPTION": (
        "Balanced scorecards whose every number explains itself: push values, read scores with"
        " their explanations, and edit everything that the pages edit."
    ),
    "POSTPROCESSING_HOOKS": [],  # operations say all of themselves
}

# How many requests each token may send, and how many an address without a valid one; 0: no limit.
API_REQUESTS_PER_MINUTE = env.int("API_REQUESTS_PER_MINUTE", default=600)
API_FAILURES_PER_MINUTE = env.int("API_FAILURES_PER_MINUTE", default=60)

# --- Background work. The rows in our tables are the jobs; messages only wake workers.

REDIS_URL = env.str("REDIS_URL", default="")
CELERY_BROKER_URL = REDIS_URL or "filesystem://localhost//"
CELERY_BROKER_TRANSPORT_OPTIONS = (
    # A queue that is away, or is there and says nothing, must not hold up a request or the clock:
    # the sweep does what no message asked for.
    {
        "visibility_timeout": 15 * 60,
        "socket_connect_timeout": 1,
        "socket_timeout": 2,
        "max_retries": 1,
        **dict.fromkeys(("interval_start", "interval_step", "interval_max"), 0),
    }
    if REDIS_URL
    else environment.filesystem_queue(VAR_DIR / "queue")
)
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_SERIALIZER = "json"
CELERY_TIMEZONE = "UTC"
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_SOFT_TIME_LIMIT = 10 * 60
CELERY_TASK_TIME_LIMIT = 11 * 60
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BEAT_SCHEDULER = "scorecard_site.clock:Clock"
CELERY_BEAT_SCHEDULE_FILENAME = str(VAR_DIR / "beat-schedule")
SWEEP_SECONDS = 10
CELERY_BEAT_SCHEDULE = {
    "sweep scores": {
        "task": "scorecards.tasks.sweep_scores",
        "schedule": SWEEP_SECONDS,
        # Ticks nobody took must not pile up while no worker runs.
        "options": {"expires": SWEEP_SECONDS},
    },
    "sweep jobs": {
        "task": "organizations.tasks.sweep_jobs",
        "schedule": SWEEP_SECONDS,
        "options": {"expires": SWEEP_SECONDS},
    },
    # The only clock: what recurs is worked out from it, in each organization's time zone.
    "tick": {
        "task": "organizations.tasks.tick",
        "schedule": crontab(),  # at the beginning of every minute
        "options": {"expires": 60},
    },
}

# --- Logs

DJANGO_STRUCTLOG_CELERY_ENABLED = True
LOGGING = logging_config(as_json=PUBLIC, level=env.str("LOG_LEVEL", default="INFO"))

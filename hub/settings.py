"""Every setting of the house, from the environment or from a running ``up``; one long file, sections in order."""

from __future__ import annotations

import os
import shlex
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

from hub.embedded import run_state

BASE_DIR = Path(__file__).resolve().parent.parent

# --- reading the environment -----------------------------------------------------------------------------------------

ENV = os.environ.get("NOVELO_ENV", "development")  # development | test | production
PRODUCTION = ENV == "production"
DATA_DIR = Path(os.environ.get("NOVELO_DATA_DIR", BASE_DIR / ".data"))
# What a running `up` wrote down; production never looks there.
_running: dict[str, str] = {} if PRODUCTION else (run_state.read(DATA_DIR) or {})


def env(name: str, default: str = "") -> str:
    """Return the setting from the environment, else from the running ``up``, else ``default``."""
    return os.environ.get(name) or _running.get(name, default)


def env_list(name: str, default: str = "") -> list[str]:
    """Return a comma-separated setting as a list without empty entries."""
    return [part.strip() for part in env(name, default).split(",") if part.strip()]


def env_int(name: str, default: int) -> int:
    """Return a whole number, or stop with a sentence that names the setting."""
    value = env(name, str(default))
    try:
        return int(value)
    except ValueError as error:
        message = f"{name} must be a whole number, not {value!r}."
        raise ImproperlyConfigured(message) from error


def secret(name: str) -> str:
    """Return a secret: from the environment, in development from the data directory; missing in production stops the start."""
    value = env(name)
    if value:
        return value
    if PRODUCTION:
        message = (
            f"{name} is not set. In production it must be in the environment; see the configuration table in README.md."
        )
        raise SystemExit(message)
    return run_state.secrets(DATA_DIR)[name]


# --- secrets and addresses -------------------------------------------------------------------------------------------

SECRET_KEY = secret("SECRET_KEY")
ENCRYPTION_KEYS = [part for part in secret("ENCRYPTION_KEYS").split(",") if part]
DEBUG = False
PUBLIC_URL = env("PUBLIC_URL", "http://127.0.0.1:8000").rstrip("/")
if PRODUCTION and not env("ALLOWED_HOSTS"):
    raise SystemExit("ALLOWED_HOSTS is not set. In production it must name the hosts this installation answers to.")
ALLOWED_HOSTS = env_list("ALLOWED_HOSTS") or ["localhost", "127.0.0.1", "[::1]", urlsplit(PUBLIC_URL).hostname or ""]
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL]
PROMETHEUS_TOKEN = env("PROMETHEUS_TOKEN")

# --- what is installed -----------------------------------------------------------------------------------------------

INSTALLED_APPS = [
    "hub",
    "conversations",
    "metrics",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "servestatic.runserver_nostatic",
    "hub.static_files.StaticFiles",
    "django.contrib.postgres",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "django_htmx",
    "lucide",
    "django_simple_icons",
    "rest_framework",
    "drf_spectacular",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.csp.ContentSecurityPolicyMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "hub.access.ClosedByDefault",  # what is open says so by name
    "hub.access.WorkspaceMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]
ROOT_URLCONF = "hub.urls"
WSGI_APPLICATION = "hub.wsgi.application"
ASGI_APPLICATION = "hub.asgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "hub.access.place",
            ],
            "builtins": ["django.templatetags.static", "django.templatetags.i18n"],
        },
    }
]

# --- database --------------------------------------------------------------------------------------------------------


def database(url: str) -> dict[str, Any]:
    """Turn ``postgresql://user:password@host:port/name`` into Django's settings. Every wait has a limit."""
    parts = urlsplit(url)
    limits = "-c statement_timeout=30000 -c lock_timeout=8000 -c idle_in_transaction_session_timeout=60000"
    options: dict[str, Any] = {"options": limits, "connect_timeout": 5}
    if os.environ.get("NOVELO_DB_POOL"):
        # Web processes share a pool among threads; workers fork and keep one connection each.
        options["pool"] = {"min_size": 1, "max_size": env_int("DB_POOL_SIZE", 12), "timeout": 5}
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")) or "novelo",
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": parts.hostname or "127.0.0.1",
        "PORT": parts.port or 5432,
        "CONN_MAX_AGE": 0,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": options,
    }


if PRODUCTION and not env("DATABASE_URL"):
    raise SystemExit("DATABASE_URL is not set. In production it must name the PostgreSQL database.")
if PRODUCTION and not env("REDIS_URL"):
    raise SystemExit("REDIS_URL is not set. In production it must name the Redis or Valkey server.")
DATABASE_URL = env("DATABASE_URL", "postgresql://novelo@127.0.0.1:5432/novelo")
REDIS_URL = env("REDIS_URL", "redis://127.0.0.1:6379/0")
DATABASES = {"default": database(DATABASE_URL)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}

# --- work ------------------------------------------------------------------------------------------------------------

CELERY_BROKER_URL = REDIS_URL
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = (
    False  # would loop for ever on a task that always kills; attempts are counted in the database
)
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_IGNORE_RESULT = True
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_SERIALIZER = "json"
CELERY_TASK_SOFT_TIME_LIMIT = env_int("TASK_SOFT_TIME_LIMIT", 20)
CELERY_TASK_TIME_LIMIT = env_int("TASK_TIME_LIMIT", 30)
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = True
CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT = 10
CELERY_WORKER_MAX_TASKS_PER_CHILD = 20_000
CELERY_WORKER_MAX_MEMORY_PER_CHILD = 400_000  # KB
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TIMEZONE = "UTC"
CELERY_TASK_DEFAULT_QUEUE = "interactive"
CELERY_TASK_ROUTES = {
    "metrics.*": {"queue": "metrics"},
    "conversations.tasks.probe": {"queue": "bulk"},
    "conversations.tasks.purge": {"queue": "bulk"},
    "conversations.tasks.take_files": {"queue": "bulk"},
    "conversations.tasks.index": {"queue": "bulk"},
    "conversations.tasks.list_templates": {"queue": "bulk"},
    "conversations.tasks.reconcile": {"queue": "bulk"},
    "conversations.tasks.renew_tokens": {"queue": "bulk"},
    "conversations.tasks.fetch": {"queue": "media"},
    "conversations.tasks.introduce": {"queue": "media"},
    "conversations.tasks.look_up": {"queue": "media"},
    "conversations.tasks.tell_bots": {"queue": "media"},
    "conversations.tasks.push": {"queue": "media"},
    "conversations.tasks.route": {"queue": "interactive"},
}
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 120,
    "unacked_restore_interval": 5,
    "unacked_restore_throttle": 1,
    "socket_connect_timeout": 1,
    "socket_timeout": 5,
    "socket_keepalive": True,
    "health_check_interval": 10,
}
CELERY_BEAT_SCHEDULE = {
    "derive": {"task": "metrics.tasks.derive", "schedule": 5.0, "options": {"expires": 30}},
    "send_digests": {"task": "metrics.tasks.send_digests", "schedule": 60.0, "options": {"expires": 50}},
    "index": {"task": "conversations.tasks.index", "schedule": 5.0, "options": {"expires": 30}},
    "push": {"task": "conversations.tasks.push", "schedule": 3.0, "options": {"expires": 20}},
    "watch": {"task": "conversations.tasks.watch", "schedule": 5.0, "options": {"expires": 30}},
    "tidy": {"task": "conversations.tasks.tidy", "schedule": 5.0, "options": {"expires": 30}},
    "route": {
        "task": "conversations.tasks.route",
        "schedule": 5.0,
        "kwargs": {"by_clock": True},
        "options": {"expires": 30},
    },
    "follow": {"task": "conversations.tasks.follow", "schedule": 5.0, "options": {"expires": 30}},
    "tell_bots": {"task": "conversations.tasks.tell_bots", "schedule": 5.0, "options": {"expires": 30}},
    "take_files": {"task": "conversations.tasks.take_files", "schedule": 30.0, "options": {"expires": 60}},
    "erase_traces": {"task": "conversations.tasks.erase_traces", "schedule": 60.0, "options": {"expires": 60}},
    "probe": {"task": "conversations.tasks.probe", "schedule": 30.0, "options": {"expires": 60}},
    "purge": {"task": "conversations.tasks.purge", "schedule": 3600.0},
    "renew_tokens": {"task": "conversations.tasks.renew_tokens", "schedule": 21_600.0},
    "reconcile": {"task": "conversations.tasks.reconcile", "schedule": 600.0, "options": {"expires": 300}},
    "introduce": {
        "task": "conversations.tasks.introduce",
        "schedule": 60.0,
        "kwargs": {"all_day": True},
        "options": {"expires": 60},
    },
    "look_up": {"task": "conversations.tasks.look_up", "schedule": 15.0, "options": {"expires": 30}},
    "list_templates": {"task": "conversations.tasks.list_templates", "schedule": 1800.0, "options": {"expires": 600}},
}

# --- the way of a message --------------------------------------------------------------------------------------------

GRAPH_API_URL = env("GRAPH_API_URL", "https://graph.facebook.com").rstrip("/")
GRAPH_INSTAGRAM_URL = env("GRAPH_INSTAGRAM_URL", "https://graph.instagram.com").rstrip("/")
GRAPH_API_VERSION = env("GRAPH_API_VERSION", "v26.0")
TWILIO_API_URL = env("TWILIO_API_URL", "https://api.twilio.com").rstrip("/")
SIMULATOR_URL = env("SIMULATOR_URL").rstrip("/")
WEB_THREADS = env_int("WEB_THREADS", 8)
WEBHOOK_MAX_BYTES = 4 * 1024 * 1024
ITEM_MAX_ATTEMPTS = 3  # then an item is set aside, seen and replayable
LANES_PER_BATCH = env_int("LANES_PER_BATCH", 500)
ITEMS_PER_LANE = 20  # fairness: a sender who floods waits for the others
DELIVERIES_PER_PARSE = 1000
BACKLOG_SECONDS = 3.0  # older pending work is drained by the relay itself
FEED_RETENTION_DAYS = 3
DELIVERY_RETENTION_DAYS = 30
EXCHANGE_RETENTION_DAYS = 14
RUN_RETENTION_DAYS = 90  # what rules did and what bots were told, once their conversation is over
SEND_MAX_ATTEMPTS = 6
MEDIA_MAX_BYTES = env_int("MEDIA_MAX_BYTES", 100 * 1024 * 1024)  # of one file, in or out
MEDIA_SCANNER = shlex.split(env("MEDIA_SCANNER"))  # a command that looks files over before they are kept
MEDIA_MAX_ATTEMPTS = 12  # over some hours; then a file is unavailable until somebody asks for it again
SENDERS = env_int("SENDERS", 1)  # workers that send at the same time; the others are left for what comes in

# --- people ----------------------------------------------------------------------------------------------------------

AUTH_USER_MODEL = "hub.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_ADAPTER = "hub.access.ClosedDoor"  # people are invited, nobody signs up by themselves
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_SESSION_REMEMBER = True
MFA_ADAPTER = "hub.second_factor.SealedFactors"
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TOTP_ISSUER = "Novelo"
MFA_TOTP_TOLERANCE = 1  # a clock may be half a minute off
MFA_ALLOW_UNVERIFIED_EMAIL = True  # addresses are those people were invited at
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = PUBLIC_URL.startswith("https://")
SESSION_COOKIE_NAME = "__Host-novelo" if SESSION_COOKIE_SECURE else "novelo"
CSRF_COOKIE_SAMESITE = "Lax"

# --- letters ---------------------------------------------------------------------------------------------------------


def mailer(url: str) -> dict[str, Any]:
    """Turn ``smtp://user:password@host:587`` (``smtps://`` with TLS from the start) into Django's settings.

    Without one, letters are files in the data directory; in production they go to a mail server on this machine.
    """
    if not url and not PRODUCTION:
        return {
            "BACKEND": "django.core.mail.backends.filebased.EmailBackend",
            "OPTIONS": {"file_path": DATA_DIR / "mail"},
        }
    parts = urlsplit(url or "smtp://127.0.0.1:25")
    options: dict[str, Any] = {
        "host": parts.hostname or "127.0.0.1",
        "port": parts.port or (465 if parts.scheme == "smtps" else 587),
        "username": unquote(parts.username or ""),
        "password": unquote(parts.password or ""),
        "use_ssl": parts.scheme == "smtps",
        "use_tls": parts.scheme == "smtp" and bool(parts.username),
        "timeout": 10,
    }
    return {"BACKEND": "django.core.mail.backends.smtp.EmailBackend", "OPTIONS": options}


MAILERS = {"default": mailer(env("EMAIL_URL"))}
DEFAULT_FROM_EMAIL = env("EMAIL_FROM", f"Novelo <novelo@{urlsplit(PUBLIC_URL).hostname or 'localhost'}>")

# --- what a browser may do -------------------------------------------------------------------------------------------

SECURE_CSP = {
    "default-src": ["'self'"],
    "script-src": ["'self'"],
    "style-src": ["'self'"],
    "img-src": ["'self'", "data:", "blob:"],
    "media-src": ["'self'", "blob:"],
    "connect-src": ["'self'"],
    "object-src": ["'none'"],
    "base-uri": ["'none'"],
    "frame-ancestors": ["'none'"],
    "form-action": ["'self'"],
}
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SECURE_CONTENT_TYPE_NOSNIFF = True
if PUBLIC_URL.startswith("https://"):
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_HSTS_SECONDS = 31_536_000
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024

# --- languages, time, files ------------------------------------------------------------------------------------------

LANGUAGE_CODE = "pt-br"
LANGUAGES = [("pt-br", "Português"), ("en", "English"), ("es", "Español")]
LOCALE_PATHS = [BASE_DIR / "hub" / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"
STATIC_URL = "/static/"
STATIC_ROOT = env("STATIC_ROOT", str(DATA_DIR / "static"))
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": (
            "django.contrib.staticfiles.storage.StaticFilesStorage"
            if ENV == "test"
            else "hub.static_files.HashedStaticFiles"
        )
    },
}
MEDIA_ROOT = env("MEDIA_ROOT", str(DATA_DIR / "media"))

# --- API -------------------------------------------------------------------------------------------------------------

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["hub.access.TokenAuthentication", "hub.access.MemberAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["hub.access.InWorkspace"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["hub.inputs.StrictJSON"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "hub.problems.answer",
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Novelo",
    "DESCRIPTION": "One history per customer, one inbox, and figures provable down to the message.",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "SERVE_PUBLIC": True,
    "SERVE_INCLUDE_SCHEMA": False,
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "SERVE_AUTHENTICATION": None,
    "POSTPROCESSING_HOOKS": ["drf_spectacular.hooks.postprocess_schema_enums", "hub.schema.tell_refusals"],
    "ENUM_NAME_OVERRIDES": {
        "ChannelKind": "conversations.api.shapes.CHANNEL_KINDS",
        "MessageKind": "conversations.models.message.KINDS",
        "MessageStatus": "conversations.models.message.STATUS_RANK",
        "ConversationStatus": ["waiting", "open", "pending", "snoozed", "resolved"],
        "DeliveryOutcome": ["pending", "processed", "duplicate", "ignored", "unroutable", "invalid", "failed"],
        "CustomFieldKind": ["text", "number", "date", "choice", "yes_no"],
        "PresenceState": "hub.models.Presence",
        "Priority": ["none", "low", "medium", "high", "urgent"],
        "SurveyKind": ["csat", "nps"],
        "AlertKind": ["depth", "oldest_wait", "breach"],
        "IntegrationKind": ["shopify", "woocommerce", "program"],
        "MessageDirection": ["inbound", "outbound"],
        "GoalDirection": ["at_least", "at_most"],
        "ErasureReason": ["request", "consent", "purpose", "unlawful"],
    },
}

# --- logs ------------------------------------------------------------------------------------------------------------

LOG_FORMAT = env("LOG_FORMAT", "json" if PRODUCTION else "line")
LOGGING_CONFIG = "hub.logs.configure"
LOGGING: dict[str, Any] = {"format": LOG_FORMAT, "level": env("LOG_LEVEL", "INFO")}

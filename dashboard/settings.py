"""Every setting, from the environment; DESIGN section 4 and `.env.example` list the variables."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

from csp.constants import NONE, SELF

from dashboard.environment import (
    Environment,
    api_url_fault,
    encryption_keys_fault,
    secret_fault,
    site_url_fault,
    token_fault,
)
from dashboard.logs import logging_settings

BASE_DIR = Path(__file__).resolve().parent.parent

# The environment ------------------------------------------------------------------------------------------------------

_environment = Environment()
_read, _check = _environment.read, _environment.check

DEBUG = _read("bool", "DEBUG", False)
SECRET_KEY = _read("str", "SECRET_KEY", hint="`make run` makes one; in production: 50 random characters.")
KEY_ENCRYPTION_KEYS = _read("list", "KEY_ENCRYPTION_KEYS", hint="`manage.py new_key` makes one.")
SITE_URL = _read("str", "SITE_URL", "http://localhost:8000")
AUTOENHANCE_API_URL = _read("str", "AUTOENHANCE_API_URL", "https://api.autoenhance.ai")
AUTOENHANCE_API_VERSION = _read("str", "AUTOENHANCE_API_VERSION", "2025-08-31")
REGISTRATION_OPEN = _read("bool", "REGISTRATION_OPEN", bool(DEBUG))
PROXY_COUNT = _read("int", "PROXY_COUNT", 0)
LOG_LEVEL = _read("str", "LOG_LEVEL", "info")
METRICS_TOKEN = _read("str", "METRICS_TOKEN", "")
DEFAULT_FROM_EMAIL = _read("str", "DEFAULT_FROM_EMAIL", "proofsheet@localhost")
_database = _read("db_url", "DATABASE_URL", hint="`make run` starts a Postgres of its own when it is not set.")
_email = _read("email_url", "EMAIL_URL", "consolemail://")

_check("SECRET_KEY", SECRET_KEY, secret_fault)
_check("KEY_ENCRYPTION_KEYS", KEY_ENCRYPTION_KEYS, partial(encryption_keys_fault, secret_key=SECRET_KEY))
_check("SITE_URL", SITE_URL, site_url_fault)
_check("AUTOENHANCE_API_URL", AUTOENHANCE_API_URL, partial(api_url_fault, debug=bool(DEBUG)))
_check("PROXY_COUNT", PROXY_COUNT, lambda count: "must not be negative." if count < 0 else "")
_check(
    "LOG_LEVEL",
    LOG_LEVEL,
    lambda word: (
        "" if word.upper() in ("DEBUG", "INFO", "WARNING", "ERROR") else "is none of debug, info, warning, error."
    ),
)
_check("METRICS_TOKEN", METRICS_TOKEN, token_fault)
_environment.stop_if_wrong()

# Applications ---------------------------------------------------------------------------------------------------------

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.humanize",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "csp",
    "django_htmx",
    "procrastinate.contrib.django",
    "dashboard.accounts",
    "orders",
]

MIDDLEWARE = [
    "dashboard.middleware.RequestId",
    "dashboard.observed.requests",
    "dashboard.middleware.Compressed",
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "csp.middleware.CSPMiddleware",
    "dashboard.middleware.Headers",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "dashboard.middleware.OwnPages",
    "dashboard.middleware.Unavailable",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "dashboard.middleware.Common",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "orders.gate.askers",
    "django_htmx.middleware.HtmxMiddleware",
    "dashboard.middleware.Activity",
    "dashboard.middleware.LoginWall",
    "dashboard.zones.ViewersZone",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "dashboard.middleware.StepUp",
    "dashboard.errors.ErrorPages",
]

ROOT_URLCONF = "dashboard.urls"
WSGI_APPLICATION = "dashboard.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "builtins": ["django.templatetags.i18n", "django.templatetags.static", "dashboard.scripts"],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "dashboard.accounts.context.people",
                "orders.shortcuts.shortcuts",
            ],
        },
    },
]

# The database ---------------------------------------------------------------------------------------------------------

DATABASES = {
    "default": {
        **_database,
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {
            **_database.get("OPTIONS", {}),
            "connect_timeout": 3,
            "tcp_user_timeout": 5000,
            # Pages are in memory or on an SSD: at the default of 4, a team that is most of a table is scanned whole.
            # Cores are for other people's pages: one search does not take several.
            "options": "-c statement_timeout=15s -c lock_timeout=5s -c idle_in_transaction_session_timeout=30s"
            " -c random_page_cost=1.1 -c max_parallel_workers_per_gather=0",
        },
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
# Limits are counted in it: with Django's 300 entries, a flood would push out what it has used up.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "cache",
        "OPTIONS": {"MAX_ENTRIES": 50_000},
    }
}

# The address, and what follows from it (O3) ---------------------------------------------------------------------------

_site = urlsplit(SITE_URL)
HTTPS = _site.scheme == "https"
ALLOWED_HOSTS = [_site.hostname, *(["localhost", "127.0.0.1"] if DEBUG else [])]
CSRF_TRUSTED_ORIGINS = [f"{_site.scheme}://{_site.netloc}"]
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if PROXY_COUNT else None
SECURE_SSL_REDIRECT = HTTPS
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
SECURE_HSTS_SECONDS = 63_072_000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS
SECURE_HSTS_PRELOAD = HTTPS
# Not "no-referrer": the browser would then send `Origin: null`, which Django's CSRF check refuses.
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"

SESSION_COOKIE_NAME = "__Host-session" if HTTPS else "session"
CSRF_COOKIE_NAME = "__Host-csrf" if HTTPS else "csrf"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "dashboard.errors.csrf_failure"
SESSION_ENGINE = "dashboard.accounts.sessions"
# The ends of a session (T48): so long after the last act of a person, and so long after the login in any case.
SESSION_IDLE, SESSION_LASTS = timedelta(hours=12), timedelta(days=7)
SESSION_COOKIE_AGE = int(SESSION_LASTS.total_seconds())

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
    }
}

# People ---------------------------------------------------------------------------------------------------------------

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.PBKDF2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"

ACCOUNT_ADAPTER = "dashboard.accounts.adapter.AccountAdapter"
ACCOUNT_FORMS = {
    "login": "dashboard.accounts.forms.LogInForm",
    "reset_password": "dashboard.accounts.forms.ForgottenForm",
    "add_email": "dashboard.accounts.forms.AddressForm",
    "signup": "dashboard.accounts.forms.SignupForm",
    "request_login_code": "dashboard.accounts.forms.LoginCodeForm",
}
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = True
ACCOUNT_REAUTHENTICATION_REQUIRED = True
# Seconds: how long a login or a confirmation will do for what matters (T21).
ACCOUNT_REAUTHENTICATION_TIMEOUT = 600
# The way in for whoever has used up their tries of a password, or somebody else has (T50).
ACCOUNT_LOGIN_BY_CODE_ENABLED = True
# Whoever asks for codes in another's name fills their mailbox (so there is a bound for an address), and must not use up
# what the person needs (so a network has far less than that for one address): it takes five networks to lock somebody
# out for an hour, and even then a passkey opens.
ACCOUNT_RATE_LIMITS = {
    "login_failed": "10/m/ip,10/15m/key",
    "request_login_code": "20/m/ip,30/h/key",
    "login_code_for_network": "3/m/key,6/h/key",
    "invitation": "60/10m/ip",
}
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_DEFAULT_HTTP_PROTOCOL = _site.scheme
ALLAUTH_TRUSTED_PROXY_COUNT = PROXY_COUNT
MFA_ADAPTER = "orders.seeds.SealedSeeds"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_FORMS = {"add_webauthn": "dashboard.accounts.forms.PasskeyForm"}
# Browsers offer passkeys on localhost without TLS, and nowhere else.
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not HTTPS

EMAIL_CONFIG = _email
# Seconds: a mail server that hangs must not hold a thread.
EMAIL_TIMEOUT = 10
vars().update(_email)

# Autoenhance, and the limits of DESIGN --------------------------------------------------------------------------------

NAME_MAX_LENGTH = 255
AUTOENHANCE_REQUESTS_PER_SECOND = 50

# Language and time ----------------------------------------------------------------------------------------------------

LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English")]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"

# Static files ---------------------------------------------------------------------------------------------------------

STATIC_URL = "static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "dashboard.static.OneSheet"},
}

# Logs and error reports -----------------------------------------------------------------------------------------------

LOGGING_CONFIG = "logging.config.dictConfig"
LOGGING = logging_settings(LOG_LEVEL.upper())
DEFAULT_EXCEPTION_REPORTER_FILTER = "dashboard.logs.NoLocals"

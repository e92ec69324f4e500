"""Django and Wagtail settings. Everything that differs between counties is in the environment.

``VILLAGE_HUB_DATA`` folder of all data; ``VILLAGE_HUB_URL`` the address people and phones use
(https turns on secure cookies); ``VILLAGE_HUB_DATABASE`` a PostgreSQL in place of SQLite;
``VILLAGE_HUB_LIVE_DAYS`` how long recordings of live speech are kept;
``DEBUG=1`` shows tracebacks on the desk of a developer.
The hub makes no request to the outside: no update check, no avatars, no fonts from elsewhere.
"""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import urlsplit

from hub.site.database import VARIABLE, database
from hub.site.datadir import DataDir

PROJECT = Path(__file__).resolve().parent.parent
DATA = DataDir.from_environment()

DEBUG = os.environ.get("DEBUG") == "1"
SECRET_KEY = DATA.secret("django-secret")
PUBLIC_URL = os.environ.get("VILLAGE_HUB_URL", "http://127.0.0.1:8000").rstrip("/")
_IS_HTTPS = urlsplit(PUBLIC_URL).scheme == "https"
ALLOWED_HOSTS = [
    name
    for name in (
        urlsplit(PUBLIC_URL).hostname,
        "127.0.0.1",
        "localhost",
        "[::1]",
        *os.environ.get("VILLAGE_HUB_HOSTS", "").split(","),
    )
    if name
]
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL]

INSTALLED_APPS = [
    "hub.office",
    "hub.places",
    "hub.catalogue",
    "hub.notices",
    "hub.sealing",
    "hub.emergency",
    "hub.cap",
    "hub.preview",
    "hub.lexicon",
    "hub.phone",
    "hub.poster",
    "hub.ledger",
    "hub.feedback",
    "hub.leases",
    "hub.dispatch",
    "hub.enrol",
    "hub.relay",
    "hub.live",
    "wagtail.contrib.typed_table_block",
    "wagtail.users",
    "wagtail.documents",
    "wagtail.images",
    "wagtail.admin",
    "wagtail",
    "wagtail.search",
    "modelcluster",
    "taggit",
    "django_filters",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.humanize",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "hub.site.headers.ContentPolicyMiddleware",
    "hub.site.odd_addresses.OddAddressMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "hub.site.throttle.LoginThrottleMiddleware",
    "hub.notices.guard.ReviewGuardMiddleware",
    "hub.site.conflicts.ConflictMiddleware",
]

ROOT_URLCONF = "hub.site.urls"
WSGI_APPLICATION = "hub.site.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "hub.office.context.where",
            ],
        },
    },
]

DATABASES = {"default": database(os.environ.get(VARIABLE, ""), DATA.database)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 10},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_FAILURES_ALLOWED = 8
LOGIN_FAILURE_WINDOW_S = 300
SESSION_COOKIE_AGE = 8 * 3600
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = _IS_HTTPS
CSRF_COOKIE_SECURE = _IS_HTTPS
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "SAMEORIGIN"

LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", "简体中文"), ("en", "English")]
LOCALE_PATHS = [PROJECT / "locale"]
LANGUAGE_COOKIE_NAME = "village_language"
TIME_ZONE = "Asia/Shanghai"
USE_I18N = True
USE_TZ = True

STATIC_URL = "static/"
STATIC_ROOT = DATA.static
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedStaticFilesStorage"},
}
WHITENOISE_USE_FINDERS = True
MEDIA_URL = "media/"
MEDIA_ROOT = DATA.media
LIVE_RECORDING_DAYS = int(os.environ.get("VILLAGE_HUB_LIVE_DAYS", "180"))
DATA_UPLOAD_MAX_NUMBER_FIELDS = 50_000  # a table of 300 rows and 12 columns is one form
DATA_UPLOAD_MAX_MEMORY_SIZE = 12 * 1024 * 1024

WAGTAIL_SITE_NAME = "村务公开"
WAGTAILADMIN_BASE_URL = PUBLIC_URL
WAGTAIL_I18N_ENABLED = False
WAGTAIL_CONTENT_LANGUAGES = [("zh-hans", "简体中文")]
WAGTAILADMIN_PERMITTED_LANGUAGES = LANGUAGES
WAGTAIL_USER_TIME_ZONES = ["Asia/Shanghai"]
WAGTAIL_ENABLE_UPDATE_CHECK = False
WAGTAIL_ENABLE_WHATS_NEW_BANNER = False
WAGTAIL_GRAVATAR_PROVIDER_URL = None
WAGTAIL_PASSWORD_RESET_ENABLED = False
WAGTAILADMIN_USER_LOGIN_FORM = "hub.office.login.DeskLoginForm"
WAGTAIL_EMAIL_MANAGEMENT_ENABLED = False
WAGTAILADMIN_NOTIFICATION_INCLUDE_SUPERUSERS = False
WAGTAIL_MODERATION_ENABLED = False
WAGTAIL_WORKFLOW_REQUIRE_REAPPROVAL_ON_EDIT = True
WAGTAIL_FINISH_WORKFLOW_ACTION = "hub.notices.door.publish_signed"
WAGTAILIMAGES_EXTENSIONS = ["png", "jpg", "jpeg", "webp"]
WAGTAILIMAGES_MAX_UPLOAD_SIZE = 20 * 1024 * 1024
WAGTAILIMAGES_MAX_IMAGE_PIXELS = 40_000_000
WAGTAILDOCS_SERVE_METHOD = "direct"  # through MEDIA_URL, which asks for a login
WAGTAILDOCS_EXTENSIONS = ["pdf", "docx", "xlsx"]
WAGTAILADMIN_COMMENTS_ENABLED = True
WAGTAIL_AUTOSAVE_INTERVAL = 0  # a save that runs while a button is pressed swallows the press
WAGTAIL_ALLOW_UNICODE_SLUGS = True
WAGTAILSEARCH_BACKENDS = {
    # Plain LIKE: the tokenizer of SQLite's own index splits no Chinese words.
    "default": {"BACKEND": "wagtail.search.backends.database.fallback"}
}
EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s: %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": "INFO"},
    "loggers": {
        "django.request": {"level": "ERROR"},
        "wagtail": {"level": "WARNING"},
        "django_tasks": {"level": "WARNING"},
    },
}

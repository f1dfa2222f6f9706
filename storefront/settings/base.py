"""What every environment shares. No secrets, no branches on DEBUG."""

import logging
from pathlib import Path
from typing import Any

from csp.constants import NONCE, NONE, SELF

from . import env, services

ROOT = Path(__file__).resolve().parent.parent.parent

INSTALLED_APPS = [
    "storefront",
    "cms.pages",
    "cms.blocks",
    "cms.media",
    "cms.bridge",
    "cms.importing",
    "cms.backoffice",
    "cms.selling",
    "commerce.outbox",
    "commerce.ledger",
    "commerce.accounts",
    "commerce.sellers",
    "commerce.catalog",
    "commerce.pricing",
    "commerce.inventory",
    "commerce.cart",
    "commerce.payments",
    "commerce.orders",
    "commerce.fulfillment",
    "commerce.payouts",
    "commerce.checkout",
    "commerce.discovery",
    "commerce.notifications",
    "commerce.invariants",
    "wagtail.contrib.forms",
    "wagtail.contrib.redirects",
    "wagtail.contrib.settings",
    "wagtail.contrib.table_block",
    "wagtail_modeladmin",
    "wagtail.embeds",
    "wagtail.sites",
    "wagtail.users",
    "wagtail.snippets",
    "wagtail.documents",
    "wagtail.images",
    "wagtail.search",
    "wagtail.admin",
    "wagtail",
    "modelcluster",
    "taggit",
    "django_cotton.apps.SimpleAppConfig",
    "django_htmx",
    "csp",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "django_structlog",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.sessions",
    "django.contrib.sitemaps",
    "django.contrib.staticfiles",
]

MIDDLEWARE = [
    "storefront.health.HealthMiddleware",
    "storefront.middleware.ProxyMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "storefront.request_log.RequestLogMiddleware",
    "storefront.middleware.SecurityHeadersMiddleware",
    "csp.middleware.CSPMiddleware",
    "storefront.middleware.MaintenanceMiddleware",
    "storefront.middleware.InputMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "storefront.privileged.ShortSessionMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "storefront.privileged.SecondFactorMiddleware",
    "cms.selling.wall.SellerWallMiddleware",
    "storefront.middleware.ActorMiddleware",
    "wagtail.contrib.redirects.middleware.RedirectMiddleware",
]

ROOT_URLCONF = "storefront.urls"
WSGI_APPLICATION = "storefront.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

COTTON_ISOLATE_BY_DEFAULT = True
TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [ROOT / "templates"],
        "OPTIONS": {
            "loaders": [
                (
                    "django.template.loaders.cached.Loader",
                    [
                        "django_cotton.cotton_loader.Loader",
                        "django.template.loaders.filesystem.Loader",
                        "django.template.loaders.app_directories.Loader",
                    ],
                )
            ],
            "builtins": [
                "django_cotton.templatetags.cotton",
                "storefront.templatetags.shop",
                "storefront.templatetags.markup",
            ],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "storefront.context.shop",
            ],
        },
    }
]

AUTH_USER_MODEL = "accounts.User"
# One backend alone: a second would hash a wrong password a second time.
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.BCryptSHA256PasswordHasher",
    "django.contrib.auth.hashers.Argon2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 8},
    },
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "storefront.passwords.MixedCharactersValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/account/"
LOGOUT_REDIRECT_URL = "/"

ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_UNIQUE_EMAIL = True
ACCOUNT_CONFIRM_EMAIL_ON_GET = False
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_ADAPTER = "storefront.adapters.AccountAdapter"
ACCOUNT_FORMS = {
    "signup": "storefront.account_forms.SignupForm",
    "login": "storefront.account_forms.LoginForm",
    "add_email": "storefront.account_forms.AddEmailForm",
    "change_password": "storefront.account_forms.ChangePasswordForm",
    "set_password": "storefront.account_forms.SetPasswordForm",
    "reset_password": "storefront.account_forms.ResetPasswordForm",
    "reset_password_from_key": "storefront.account_forms.ResetPasswordKeyForm",
    "reauthenticate": "storefront.account_forms.ReauthenticateForm",
}
MFA_FORMS = {
    "authenticate": "storefront.account_forms.AuthenticateForm",
    "reauthenticate": "storefront.account_forms.ReauthenticateByCodeForm",
    "activate_totp": "storefront.account_forms.ActivateTOTPForm",
}
ACCOUNT_EMAIL_NOTIFICATIONS = True  # tell people of changes to what they sign in with
ACCOUNT_CHANGE_EMAIL = True
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_RATE_LIMITS: dict[str, str] | bool = {
    "login_failed": "10/m/ip,5/h/key",  # the key is an account and an address, see the adapter
    "signup": "20/h/ip",
}
PASSWORD_RESET_TIMEOUT = 3600
MFA_ADAPTER = "storefront.adapters.SecondFactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TOTP_ISSUER = "Stoa"
MFA_ALLOW_UNVERIFIED_EMAIL = True  # else nobody with a second factor could change the address
MFA_REQUIRED_FOR_STAFF = True

SESSION_COOKIE_AGE = 30 * 24 * 3600
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "storefront.errors.csrf_failure"
MESSAGE_STORAGE = "django.contrib.messages.storage.cookie.CookieStorage"
SECURE_REFERRER_POLICY = "strict-origin-when-cross-origin"
X_FRAME_OPTIONS = "DENY"  # the admin, which frames its previews, allows itself to
TRUSTED_PROXY_COUNT = 0  # how many proxies of ours append to X-Forwarded-For
MAINTENANCE = env.flag("MAINTENANCE", False)
MEDIA_ORIGINS = services.media_origins()

CONTENT_SECURITY_POLICY = {
    "EXCLUDE_URL_PREFIXES": ("/admin/",),  # the admin has its own policy, see storefront.middleware
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF, NONCE],
        "style-src": [SELF],
        "img-src": [SELF, "data:", *MEDIA_ORIGINS],
        "font-src": [SELF],
        "connect-src": [SELF],
        "manifest-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
    },
}

LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English")]
WAGTAIL_CONTENT_LANGUAGES = LANGUAGES
TIME_ZONE = "UTC"
USE_TZ = True
USE_I18N = True

STATIC_URL = "/static/"
STATICFILES_DIRS = [ROOT / "static"]
STATICFILES_FINDERS = [
    "storefront.staticfiles.JoinedStylesheetFinder",  # first: its joined css/shop.css wins
    "django.contrib.staticfiles.finders.FileSystemFinder",
    "django.contrib.staticfiles.finders.AppDirectoriesFinder",
]
STATIC_ROOT = ROOT / "var" / "staticfiles"
MEDIA_URL = "/media/"
MEDIA_ROOT = ROOT / "var" / "media"
PRIVATE_MEDIA_ROOT = ROOT / "var" / "private"
DATA_UPLOAD_MAX_MEMORY_SIZE = 10 * 1024 * 1024
FILE_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 5000
BODY_MAX_BYTES = 64 * 1024 * 1024  # files included

WAGTAIL_SITE_NAME = "Stoa"
WAGTAILADMIN_BASE_URL = env.origin("SITE_URL", "http://localhost:8000", schemes=("http", "https"))
SITE_URL = WAGTAILADMIN_BASE_URL
WAGTAIL_ENABLE_UPDATE_CHECK = False
WAGTAIL_GRAVATAR_PROVIDER_URL = None
WAGTAILIMAGES_IMAGE_MODEL = "media.ShopImage"
WAGTAILDOCS_DOCUMENT_MODEL = "media.ShopDocument"
WAGTAILIMAGES_IMAGE_FORM_BASE = "cms.selling.picture_form.PictureForm"
WAGTAILIMAGES_EXTENSIONS = ["avif", "gif", "jpg", "jpeg", "png", "webp"]
WAGTAILIMAGES_MAX_UPLOAD_SIZE = 5 * 1024 * 1024
WAGTAILIMAGES_MAX_IMAGE_PIXELS = 50_000_000
WAGTAILIMAGES_FORMAT_CONVERSIONS = {"gif": "webp", "bmp": "webp"}
WAGTAILIMAGES_AVIF_QUALITY = 55
WAGTAILIMAGES_WEBP_QUALITY = 72
WAGTAILSEARCH_BACKENDS = {"default": {"BACKEND": "wagtail.search.backends.database"}}
WAGTAIL_WORKFLOW_REQUIRE_REAPPROVAL_ON_EDIT = True
WAGTAILADMIN_LOGIN_URL = "account_login"
WAGTAIL_FRONTEND_LOGIN_URL = "/account/login/"
WAGTAIL_EMAIL_MANAGEMENT_ENABLED = False
WAGTAIL_PASSWORD_MANAGEMENT_ENABLED = False
WAGTAIL_USER_TIME_ZONES = ["UTC", "Europe/Berlin", "America/New_York"]

BASE_CURRENCY = "USD"
CONTENT_CHECK_SECONDS = 1  # how often a process asks whether remembered content changed

TASKS = {"default": {"BACKEND": "cms.importing.indexing.OnceBackend"}}  # Wagtail's own tasks

CELERY_TASK_DEFAULT_QUEUE = "default"
CELERY_TASK_ROUTES = {
    "commerce.payments.*": {"queue": "money"},
    "commerce.payouts.*": {"queue": "money"},
    "commerce.checkout.*": {"queue": "money"},
    "commerce.notifications.*": {"queue": "mail"},
    "cms.importing.*": {"queue": "slow"},
    "cms.media.*": {"queue": "slow"},
}
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_IGNORE_RESULT = True
# A shopper waits while a task is published. With the broker away three retries cost 0.6
# seconds for each event, and sweeps find what nobody was told of.
CELERY_TASK_PUBLISH_RETRY = False
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "socket_connect_timeout": 0.2,
    "socket_timeout": 5,
    "max_retries": 0,
}
CELERY_BEAT_SCHEDULE: dict[str, dict[str, Any]] = {
    "outbox sweep": {"task": "commerce.outbox.tasks.sweep", "schedule": 5},
    "release lapsed reservations": {
        "task": "commerce.inventory.tasks.release_lapsed",
        "schedule": 60,
    },
    "finish open checkouts": {"task": "commerce.checkout.tasks.sweep", "schedule": 30},
    "return orphan money": {"task": "commerce.payments.tasks.send_refunds", "schedule": 60},
    "send mail": {"task": "commerce.notifications.tasks.send_due", "schedule": 30},
    "continue payouts": {"task": "commerce.payouts.tasks.send_due", "schedule": 60},
    "payout run": {"task": "commerce.payouts.tasks.run_schedule", "schedule": 3600},
    "reconcile listings": {"task": "cms.bridge.tasks.reconcile", "schedule": 24 * 3600},
    "expire carts": {"task": "commerce.cart.tasks.expire", "schedule": 3600},
    "publish scheduled pages": {"task": "cms.bridge.tasks.publish_scheduled", "schedule": 60},
    "make missing renditions": {"task": "cms.media.tasks.make_missing", "schedule": 3600},
    "forget what has expired": {
        "task": "storefront.tasks.forget_expired",
        "schedule": 24 * 3600,
    },
    "check invariants": {"task": "commerce.invariants.tasks.check", "schedule": 3600},
}
# With the workers away sweeps do not pile up: one that waited is as good as the next.
for _entry in CELERY_BEAT_SCHEDULE.values():
    _entry["options"] = {"expires": max(60, _entry["schedule"])}

DJANGO_STRUCTLOG_CELERY_ENABLED = True
DJANGO_STRUCTLOG_CELERY_TASK_START_LOG_LEVEL = logging.DEBUG
DJANGO_STRUCTLOG_STATUS_4XX_LOG_LEVEL = logging.INFO

"""Development: embedded servers, a mailbox on disk, the Stripe double, errors in full."""

import os

from devtools.embedded import postgres, valkey

from . import env, logs, services
from .base import *  # noqa: F403
from .base import INSTALLED_APPS, PRIVATE_MEDIA_ROOT, ROOT

DEBUG = True
SECRET_KEY = env.text("SECRET_KEY", "development-only-and-known-to-everybody")
FIELD_ENCRYPTION_KEYS = env.words("FIELD_ENCRYPTION_KEYS", "development-only-and-known-too")
ALLOWED_HOSTS = env.words("ALLOWED_HOSTS", "localhost,127.0.0.1,[::1]")
INSTALLED_APPS = [*INSTALLED_APPS, "devtools"]

PORT = env.integer("PORT", 8000, least=1, most=65535)
SITE_URL = WAGTAILADMIN_BASE_URL = env.origin(
    "SITE_URL", f"http://localhost:{PORT}", schemes=("http", "https")
)
DATABASES = {
    "default": services.database(
        env.text("DATABASE_URL", "") or postgres.ensure_running(),
        pooled=os.environ.get("STOA_PROCESS") == "web",
    )
}
REDIS_URL = env.text("REDIS_URL", "") or valkey.ensure_running()
CACHES = services.cache(REDIS_URL)
CELERY_BROKER_URL = REDIS_URL
STORAGES = services.storages(
    private_root=PRIVATE_MEDIA_ROOT,
    static_backend="django.contrib.staticfiles.storage.StaticFilesStorage",
)
EMAIL_BACKEND = "devtools.mailbox.MailboxBackend"
MAILBOX_ROOT = ROOT / "var" / "mail"
DEFAULT_FROM_EMAIL = env.text("DEFAULT_FROM_EMAIL", "Stoa <hello@stoa.example>")

STRIPE_SECRET_KEY = env.text("STRIPE_SECRET_KEY", "sk_test_stoa")
STRIPE_PUBLISHABLE_KEY = env.text("STRIPE_PUBLISHABLE_KEY", "pk_test_stoa")
STRIPE_WEBHOOK_SECRETS = env.words("STRIPE_WEBHOOK_SECRETS", "whsec_stoa")
STRIPE_API_BASE = env.url("STRIPE_API_BASE", "http://127.0.0.1:8420", schemes=("http", "https"))
EASYPOST_API_KEY = env.text("EASYPOST_API_KEY", "EZTK_stoa")
EASYPOST_WEBHOOK_SECRETS = env.words("EASYPOST_WEBHOOK_SECRETS", "parcels_stoa")
EASYPOST_API_BASE = env.url("EASYPOST_API_BASE", "http://127.0.0.1:8421", schemes=("http", "https"))
ADDRESS_VERIFICATION = env.flag("ADDRESS_VERIFICATION", True)
VIES_CHECK = env.flag("VIES_CHECK", False)
VIES_API_BASE = env.url("VIES_API_BASE", "", schemes=("http", "https"))

MFA_REQUIRED_FOR_STAFF = False
HOOKS_TO_LOOPBACK = True
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = True
LOGGING = logs.configure(level="INFO", plain=True)

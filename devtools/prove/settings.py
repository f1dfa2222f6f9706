"""The shop as the drills run it: development's parts, production's manners."""

import os
from pathlib import Path

from storefront.settings import env, logs, services
from storefront.settings.base import *  # noqa: F403
from storefront.settings.base import INSTALLED_APPS

DEBUG = False
SECRET_KEY = "for drills"
ALLOWED_HOSTS = ["127.0.0.1", "localhost", "testserver"]
INSTALLED_APPS = [*INSTALLED_APPS, "devtools"]
PLACE = Path(os.environ["PROVE_PLACE"])

SITE_URL = WAGTAILADMIN_BASE_URL = env.text("SITE_URL", "http://127.0.0.1")
DATABASES = {"default": services.database(env.text("DATABASE_URL"), pooled=False)}
REDIS_URL = env.text("REDIS_URL")
CACHES = services.cache(REDIS_URL)
CELERY_BROKER_URL = REDIS_URL
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
MEDIA_ROOT = PLACE / "media"
PRIVATE_MEDIA_ROOT = PLACE / "private"
STORAGES = services.storages(
    private_root=PRIVATE_MEDIA_ROOT,
    static_backend="django.contrib.staticfiles.storage.StaticFilesStorage",
)
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = True
EMAIL_BACKEND = "devtools.mailbox.MailboxBackend"
MAILBOX_ROOT = PLACE / "mail"
DEFAULT_FROM_EMAIL = "Stoa <hello@stoa.example>"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STRIPE_SECRET_KEY = "sk_test_stoa"
STRIPE_PUBLISHABLE_KEY = "pk_test_stoa"
STRIPE_WEBHOOK_SECRETS = ["whsec_stoa"]
STRIPE_API_BASE = "http://127.0.0.1:9"
TRUSTED_PROXY_COUNT = 1  # so that every buyer comes from an address of their own
MFA_REQUIRED_FOR_STAFF = False
ACCOUNT_RATE_LIMITS = False
LOGGING = logs.configure(level="WARNING", plain=True)

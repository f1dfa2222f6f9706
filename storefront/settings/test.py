"""Tests: real PostgreSQL, quick hashes, mail in memory, tasks run in place."""

import os

from devtools.embedded import postgres

from . import env, logs, services
from .base import *  # noqa: F403
from .base import INSTALLED_APPS, ROOT, TEMPLATES

DEBUG = False
SECRET_KEY = "for tests"  # noqa: S105
FIELD_ENCRYPTION_KEYS = ["for tests"]
ALLOWED_HOSTS = ["testserver", "localhost", "127.0.0.1"]
INSTALLED_APPS = [*INSTALLED_APPS, "devtools"]

DATABASES = {
    "default": services.database(
        env.text("DATABASE_URL", "") or postgres.ensure_running(), pooled=False
    )
}
DATABASES["default"]["TEST"] = {"NAME": env.text("TEST_DATABASE_NAME", "test_stoa")}
DATABASES["default"]["CONN_MAX_AGE"] = 0
# Forty sessions race for one row on machines that do much else: none gives up waiting for it.
_SESSION = DATABASES["default"]["OPTIONS"]["options"]
DATABASES["default"]["OPTIONS"]["options"] = f"{_SESSION} -c lock_timeout=30000"
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
CELERY_TASK_ALWAYS_EAGER = True
CELERY_TASK_EAGER_PROPAGATES = False
CELERY_BROKER_URL = "memory://"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
DEFAULT_FROM_EMAIL = "Stoa <hello@stoa.example>"
_SCRATCH = ROOT / "var" / "test" / os.environ.get("PYTEST_XDIST_WORKER", "main")
MEDIA_ROOT = _SCRATCH / "media"
PRIVATE_MEDIA_ROOT = _SCRATCH / "private"
STORAGES = services.storages(
    private_root=PRIVATE_MEDIA_ROOT,
    static_backend="django.contrib.staticfiles.storage.StaticFilesStorage",
)
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = True
STRIPE_SECRET_KEY = "sk_test_stoa"  # noqa: S105
STRIPE_PUBLISHABLE_KEY = "pk_test_stoa"
STRIPE_WEBHOOK_SECRETS = ["whsec_stoa"]
STRIPE_API_BASE = "http://127.0.0.1:9"  # nothing listens: a test that pays starts the double
EASYPOST_API_KEY = "EZTK_stoa"
EASYPOST_WEBHOOK_SECRETS = ["parcels_stoa"]
EASYPOST_API_BASE = "http://127.0.0.1:9"
ADDRESS_VERIFICATION = False  # a test that wants it starts the double
FRAUD_CHECK = "commerce.checkout.fraud.Nothing"  # tests' shoppers share one address
GATEWAYS_IGNORE_TEST_TRANSACTION = True  # only the transaction that a test wraps around itself
MFA_REQUIRED_FOR_STAFF = False
ACCOUNT_RATE_LIMITS = False
CONTENT_CHECK_SECONDS = 0
HOOKS_TO_LOOPBACK = True
TEMPLATES[0]["OPTIONS"]["debug"] = False
LOGGING = logs.configure(level="ERROR", plain=True)

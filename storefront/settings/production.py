"""Production: every secret is required, everything is encrypted in transit."""

from . import env, logs, services
from .base import *  # noqa: F403
from .base import PRIVATE_MEDIA_ROOT

env.refuse("STOA_FAILPOINTS", why="It orders processes to die, for drills of a test build only.")
DEBUG = False
SECRET_KEY = env.secret("SECRET_KEY", least=50)
FIELD_ENCRYPTION_KEYS = env.secrets("FIELD_ENCRYPTION_KEYS", least=32)
SITE_URL = WAGTAILADMIN_BASE_URL = env.origin("SITE_URL", schemes=("https",))
ALLOWED_HOSTS = env.hosts("ALLOWED_HOSTS", site=SITE_URL)
CSRF_TRUSTED_ORIGINS = [SITE_URL]

DATABASES = {
    "default": services.database(
        env.url("DATABASE_URL", schemes=("postgres", "postgresql")),
        pooled=env.text("STOA_PROCESS", "") == "web",
    )
}
REDIS_URL = env.url("REDIS_URL", schemes=("redis", "rediss", "unix"))
CACHES = services.cache(REDIS_URL)
CELERY_BROKER_URL = REDIS_URL
STORAGES = services.storages(
    private_root=PRIVATE_MEDIA_ROOT,
    static_backend="storefront.staticfiles.ShopStaticFilesStorage",
)
globals().update(services.mail("EMAIL_URL"))
DEFAULT_FROM_EMAIL = env.text("DEFAULT_FROM_EMAIL")
SERVER_EMAIL = DEFAULT_FROM_EMAIL

STRIPE_SECRET_KEY = env.text("STRIPE_SECRET_KEY")
STRIPE_PUBLISHABLE_KEY = env.text("STRIPE_PUBLISHABLE_KEY")
STRIPE_WEBHOOK_SECRETS = env.words("STRIPE_WEBHOOK_SECRETS")
STRIPE_API_BASE = env.url("STRIPE_API_BASE", "", schemes=("http", "https"))

# Without a key sellers print labels elsewhere, and prices come from their own tables.
EASYPOST_API_KEY = env.text("EASYPOST_API_KEY", "")
EASYPOST_WEBHOOK_SECRETS = env.words("EASYPOST_WEBHOOK_SECRETS", "")
EASYPOST_API_BASE = env.url("EASYPOST_API_BASE", "", schemes=("http", "https"))
ADDRESS_VERIFICATION = env.flag("ADDRESS_VERIFICATION", True)

# Without a key tax comes from the rates that staff keep.
TAXJAR_API_KEY = env.text("TAXJAR_API_KEY", "")
TAXJAR_API_BASE = env.url("TAXJAR_API_BASE", "", schemes=("http", "https"))
TAX_ENGINE = "taxjar" if TAXJAR_API_KEY else "tables"

# Off, the form of a VAT number counts; on, the EU's register is asked about it too.
VIES_CHECK = env.flag("VIES_CHECK", False)
VIES_API_BASE = env.url("VIES_API_BASE", "", schemes=("http", "https"))

TRUSTED_PROXY_COUNT = env.integer("TRUSTED_PROXY_COUNT", 1, least=0, most=5)
SECURE_SSL_REDIRECT = True
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_REDIRECT_EXEMPT = [r"^health/"]
SECURE_HSTS_SECONDS = 31536000
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
SECURE_HSTS_PRELOAD = True
SESSION_COOKIE_SECURE = True
CSRF_COOKIE_SECURE = True
SESSION_COOKIE_NAME = "__Host-session"
CSRF_COOKIE_NAME = "__Host-csrf"
LOGGING = logs.configure(level="INFO")

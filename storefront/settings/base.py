"""What every environment shares. No secrets, no branches on DEBUG."""

from pathlib import Path
from typing import Any

from csp.constants import NONCE, NONE, SELF

from . import env, services
from .accounts import *  # noqa: F403
from .work import *  # noqa: F403

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
    "commerce.audit",
    "commerce.ledger",
    "commerce.accounts",
    "commerce.sellers",
    "commerce.catalog",
    "commerce.pricing",
    "commerce.inventory",
    "commerce.cart",
    "commerce.credits",
    "commerce.payments",
    "commerce.orders",
    "commerce.fulfillment",
    "commerce.returns",
    "commerce.payouts",
    "commerce.giftcards",
    "commerce.checkout",
    "commerce.discovery",
    "commerce.hooks",
    "commerce.notifications",
    "commerce.documents",
    "commerce.drafts",
    "commerce.reconciling",
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
    "storefront.middleware.PolicyMiddleware",
    "storefront.middleware.MaintenanceMiddleware",
    "storefront.middleware.InputMiddleware",
    "storefront.middleware.CurrencyMiddleware",
    "cms.selling.wall.VisitMiddleware",
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
                    "storefront.lean_templates.Loader",
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
                "storefront.templatetags.components",
            ],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "storefront.context.shop",
                "storefront.context.cart",
            ],
        },
    }
]

# The parcel service that is asked for prices, labels and tracking; without a key there is none.
EASYPOST_API_KEY = ""
EASYPOST_WEBHOOK_SECRETS: list[str] = []
EASYPOST_API_BASE = ""
# It is asked whether parcels reach an address, too; without a key nobody is.
ADDRESS_VERIFICATION = True

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
SELLER_DATABASE_ROLE = env.text("SELLER_DATABASE_ROLE", "stoa_seller")
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
SEALS_FOLDER = env.text("SEALS_FOLDER", "seals")  # in the private store, one for each database
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
# What carts may be in, the base currency among them; sellers set prices in each, nothing is
# converted. Those that the provider takes and pays out in the unit we count in.
CURRENCIES = env.words("CURRENCIES", BASE_CURRENCY)
PROMOTION_CODES_PER_ORDER = 1
# Whether sellers' own prices hold the destination's tax already.
PRICES_INCLUDE_TAX = env.flag("PRICES_INCLUDE_TAX", False)
TAX_ENGINE = "tables"  # or "taxjar": rates by address, with the tables behind it
TAXJAR_API_KEY = ""
TAXJAR_API_BASE = ""
VIES_CHECK = False  # whether the EU's register is asked about VAT numbers, beside their form
VIES_API_BASE = ""
MARKETPLACE = {  # who issues receipts, and through whom invoices say that something was sold
    key.lower(): env.text(f"MARKETPLACE_{key}", default)
    for key, default in {
        "LEGAL_NAME": "Stoa Marketplace",
        "NAME": "Stoa",
        "EMAIL": "",
        "LINE1": "",
        "LINE2": "",
        "CITY": "",
        "REGION": "",
        "POSTAL_CODE": "",
        "COUNTRY": "",
        "VAT_ID": "",
        "TAX_NUMBER": "",
    }.items()
}
# A class with `objection(suspect) -> str`, asked before an order is taken.
FRAUD_CHECK = env.text("FRAUD_CHECK", "commerce.checkout.fraud.Velocity")
# As the provider calls them, such as card paypal us_bank_account; none: as its dashboard says.
PAYMENT_METHODS = env.words("PAYMENT_METHODS", "")
# Whether the provider's payment fields are shown in our checkout (it needs JavaScript),
# instead of leading to the provider's own page.
PAYMENT_HERE = env.flag("PAYMENT_HERE", False)
# Whether money is only reserved on the page, and taken once the goods are seen to be there.
# For cards, wallets and PayPal; bank debits and transfers cannot wait so.
PAYMENT_CAPTURE_LATER = env.flag("PAYMENT_CAPTURE_LATER", False)
# Whether it stays reserved until every seller is ready to send, and is taken for what goes
# ahead only; at the latest after so many days, and a day before the bank lets it go. When it is
# gone all the same, a new payment is waited for, for so many days.
PAYMENT_ON_SHIPPING = env.flag("PAYMENT_ON_SHIPPING", False)
PAYMENT_CAPTURE_DAYS = env.integer("PAYMENT_CAPTURE_DAYS", 5, least=1, most=6)
PAYMENT_RENEWAL_DAYS = env.integer("PAYMENT_RENEWAL_DAYS", 3, least=1, most=14)
# How long what is in a cart is held from the start of its checkout; 0: only from the order on.
CHECKOUT_HOLD_MINUTES = env.integer("CHECKOUT_HOLD_MINUTES", 15, least=0, most=30)
# How long holds that lapsed or were given back are kept, from the deadline they had.
ENDED_HOLDS_DAYS = env.integer("ENDED_HOLDS_DAYS", 30, least=2, most=3650)
PAYMENT_PERIOD_DAYS = env.integer("PAYMENT_PERIOD_DAYS", 7, least=1, most=13)  # for slow methods
# Of gift cards and store credit.
CREDIT_VALID_DAYS = env.integer("CREDIT_VALID_DAYS", 3 * 365, least=1, most=36_500)
# Gift cards that shoppers buy, in minor units of the base currency: what is proposed, what can
# be chosen, what one buyer and one network can buy within a day, and the days for withdrawing.
GIFT_CARD_AMOUNTS = [25_00, 50_00, 100_00, 200_00]
GIFT_CARD_LEAST = env.integer("GIFT_CARD_LEAST", 10_00, least=100, most=1_000_000)
GIFT_CARD_MOST = env.integer("GIFT_CARD_MOST", 500_00, least=100, most=100_000_000)
GIFT_CARD_DAY_MOST = env.integer("GIFT_CARD_DAY_MOST", 1_000_00, least=100, most=1_000_000_000)
GIFT_CARD_DAY_MOST_OF_NETWORK = env.integer(
    "GIFT_CARD_DAY_MOST_OF_NETWORK", 5_000_00, least=100, most=1_000_000_000
)
# To how many people one buyer, and one network, may have cards mailed within a day.
GIFT_CARD_DAY_PEOPLE = env.integer("GIFT_CARD_DAY_PEOPLE", 10, least=1, most=10_000)
GIFT_CARD_DAY_PEOPLE_OF_NETWORK = env.integer(
    "GIFT_CARD_DAY_PEOPLE_OF_NETWORK", 40, least=1, most=100_000
)
GIFT_CARD_DAYS_AHEAD = env.integer("GIFT_CARD_DAYS_AHEAD", 365, least=1, most=730)
GIFT_CARD_WITHDRAW_DAYS = env.integer("GIFT_CARD_WITHDRAW_DAYS", 14, least=1, most=365)
HOOKS_TO_LOOPBACK = False  # sellers' addresses are public; development and tests call themselves
CONTENT_CHECK_SECONDS = 1  # how often a process asks whether remembered content changed

TASKS = {"default": {"BACKEND": "cms.importing.indexing.OnceBackend"}}  # Wagtail's own tasks

"""The API as the SDK sees it, one file per family of objects. Importing a file adds its routes."""

from . import accounts, charges, checkout, customers, disputes, payment_intents, transfers

__all__ = [
    "accounts",
    "charges",
    "checkout",
    "customers",
    "disputes",
    "payment_intents",
    "transfers",
]

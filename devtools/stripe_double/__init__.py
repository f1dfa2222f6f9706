"""A stand-in for the payment provider, spoken to by its own SDK over HTTP. See README.md."""

from .client import Control, Refused
from .double import StripeDouble

__all__ = ["Control", "Refused", "StripeDouble"]

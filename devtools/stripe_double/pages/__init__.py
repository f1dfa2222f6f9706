"""The pages a shopper or a seller is sent to. They need no JavaScript and no login."""

from . import authenticate, checkout, element, home, onboarding
from .html import style

ALL = [style, checkout.page, element.page, authenticate.page, onboarding.page, home.page]

"""What happens in the shop when somebody signs in."""

from typing import Any

from django.contrib.auth.signals import user_logged_in
from django.dispatch import receiver
from django.http import HttpRequest

from commerce.cart import operations as carts

from . import cart_session


@receiver(user_logged_in)
def bring_the_cart_along(request: HttpRequest | None, user: Any, **_: Any) -> None:
    """Merge what a guest gathered into the person's own cart."""
    token = request.COOKIES.get(cart_session.COOKIE) if request is not None else None
    if token:
        carts.merge(guest_token=token, user_id=user.pk)

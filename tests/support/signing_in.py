"""People with a password and a confirmed address, and the way they sign in."""

from typing import Any

from django.test import Client
from django.urls import reverse

from commerce.accounts.models import User

PASSWORD = "Colonnade-7"


def confirmed(user: User) -> User:
    user.set_password(PASSWORD)
    user.save()
    user.emailaddress_set.create(email=user.email, verified=True, primary=True)
    return user


def sign_in(client: Client, user: User, **more: str) -> Any:
    form = {"login": user.email, "password": PASSWORD, **more}
    return client.post(reverse("account_login"), form)

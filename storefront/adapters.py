"""How allauth behaves in this shop."""

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest


class AccountAdapter(DefaultAccountAdapter):
    """Plain sign-up; the names come from our own form."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return True

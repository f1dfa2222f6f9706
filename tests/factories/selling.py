"""Sellers with their people and their place in the admin."""

from dataclasses import dataclass

from django.test import Client

from cms.selling.models import Workspace
from cms.selling.operations import admit, open_workspace
from commerce.accounts.models import User
from commerce.sellers import operations as sellers
from commerce.sellers.models import Seller
from tests.factories.accounts import make_user
from tests.factories.orders import offer_shipping
from tests.factories.pages import a_shop

ROLES = ("owner", "editor", "packer")


@dataclass(frozen=True, kw_only=True)
class Shop:
    """A seller with one person of each role."""

    seller: Seller
    workspace: Workspace
    people: dict[str, User]

    def client(self, role: str = "owner") -> Client:
        return signed_in(self.people[role])


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def open_shop(name: str = "Acme", *, trusted: bool = False) -> Shop:
    """A seller that can sell at once, its page live."""
    a_shop()
    slug = name.lower().replace(" ", "-")
    people = {role: make_user(email=f"{role}@{slug}.example.com") for role in ROLES}
    seller_id = sellers.register(
        name=name, owner_id=people["owner"].pk, legal_name=f"{name} Ltd",
        email=f"hello@{slug}.example.com", country="US", rate_bps=1000, trusted=trusted,
    )  # fmt: skip
    workspace = open_workspace(seller_id=seller_id)
    for role in ROLES[1:]:
        sellers.add_member(seller_id=seller_id, user_id=people[role].pk, role=role)
        admit(seller_id=seller_id, user_id=people[role].pk, role=role)
    offer_shipping(seller_id)
    return Shop(seller=Seller.objects.get(pk=seller_id), workspace=workspace, people=people)

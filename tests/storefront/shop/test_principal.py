import pytest
from django.contrib.auth.models import AnonymousUser
from django.test import RequestFactory

from storefront.shop.principal import principal_of
from tests.factories.accounts import make_user


@pytest.mark.parametrize(
    ("address", "principal"),
    [
        ("8.8.8.8", "net:8.8.8.0/24"),
        ("8.8.8.200", "net:8.8.8.0/24"),
        ("2a00:1450:4001:81b::200e", "net:2a00:1450:4001:800::/56"),
        ("::ffff:8.8.8.8", "net:8.8.8.0/24"),
        ("127.0.0.1", ""),
        ("10.1.2.3", ""),
        ("::1", ""),
        ("", ""),
        ("nonsense", ""),
    ],
)
def test_a_stranger_is_known_by_the_network(address: str, principal: str) -> None:
    request = RequestFactory().get("/", REMOTE_ADDR=address)
    request.user = AnonymousUser()

    assert principal_of(request) == principal


@pytest.mark.django_db
def test_a_person_is_known_by_the_account(settings) -> None:
    request = RequestFactory().get("/", REMOTE_ADDR="8.8.8.8")
    request.COOKIES[settings.SESSION_COOKIE_NAME] = "x"
    request.user = make_user()

    assert principal_of(request) == f"user:{request.user.pk}"

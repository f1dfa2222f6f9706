"""Every address of the admin has a policy, and the wall keeps to it.

Each address is replayed with ids of the seller's own things, of another
seller's, of shared ones, and with every mixture of them. Whatever the other
seller has carries a marker; no answer may show it, no request may change it.
"""

from collections.abc import Iterator

import pytest
from django.db import transaction
from django.http import HttpResponse
from django.test import Client

from cms.selling import policy
from cms.selling.policy import Door, Work, policy_of
from commerce.sellers.operations import remove_member, suspend
from tests.factories.accounts import make_user
from tests.factories.selling import signed_in
from tests.support.admin_doors import Doorway, doorways
from tests.support.admin_worlds import Seat, seat, shared

MARK = "Xqzmark"
OPEN_TO_ALL = {
    "admin-login", "wagtailadmin_login", "wagtailadmin_sprite", "wagtailadmin_javascript_catalog",
}  # fmt: skip
NO_TEXT = '{"blocks": [], "entityMap": {}}'
EMPTY_PAGE = {
    "body-count": "0", "description": NO_TEXT, "about": NO_TEXT, "summary": "",
    "comments-TOTAL_FORMS": "0", "comments-INITIAL_FORMS": "0",
    "gallery-TOTAL_FORMS": "0", "gallery-INITIAL_FORMS": "0",
}  # fmt: skip


def test_every_address_has_a_policy():
    undeclared = {doorway.name for doorway in doorways() if policy_of(doorway.name) is None}

    assert undeclared == set()


def test_no_policy_is_about_an_address_that_is_gone():
    names = {doorway.name for doorway in doorways()}

    assert (policy.POLICIES.keys() | policy.REFUSED_NAMES) - names == set()
    assert policy.REFUSED_NAMESPACES - {name.split(":")[0] for name in names} == set()


def test_the_sweep_reaches_every_address(worlds):
    missed = {doorway.route for doorway in doorways() if not [*doorway.addresses(worlds[2])]}

    assert missed == set()


def test_an_address_without_a_policy_is_refused():
    assert policy_of("somebody:added_this") is None
    with pytest.raises(ValueError, match="has a policy already"):
        policy.declare("wagtailadmin_home", Door.OPEN, Work.ANYONE)


@pytest.fixture(autouse=True)
def _plain_404(monkeypatch):
    """The shop's page for what does not exist takes longer than all the rest."""
    answer = HttpResponse("nothing here", status=404)
    monkeypatch.setattr("storefront.urls.handler404", lambda request, exception: answer)


@pytest.fixture
def worlds(db, settings):
    settings.CURRENCIES = ["USD", "EUR"]
    own, other = seat("Acme"), seat(MARK)
    return own, other, {"own": own.ids, "other": other.ids, "shared": shared()}


def traps(other: Seat) -> dict[str, list[str]]:
    """Parameters that could widen what a screen shows."""
    ids = other.ids
    return {
        "q": [MARK[:4]],
        "search_all": ["1"],
        "id": [str(ids["image_id"])],
        "collection_id": [str(ids["collection_id"])],
        "collection": [str(ids["collection_id"])],
        "page_type": ["pages.ProductPage"],
        "location": ["1"],
        "parcel": [str(ids["shipment_id"])],
        "ordering": ["owner__email"],
        "layout": ["list"],
        "user": [str(other.shop.people["owner"].pk)],
        "owner": [str(other.shop.people["owner"].pk)],
        "next": ["https://evil.example/"],
        "multiple": ["1"],
        "select_format": ["true"],
    }


def forgery(other: Seat) -> dict[str, str]:
    """A form that tries to write into the other seller's things."""
    ids = other.ids
    return {
        "title": "taken over",
        "slug": "taken-over",
        "action-publish": "1",
        "product": str(ids["product_id"]),
        "seller": str(ids["seller_id"]),
        "collection": str(ids["collection_id"]),
        "image-chooser-upload-collection": str(ids["collection_id"]),
        f"on_hand-{ids['variant_id']}": "1",
        f"seen-on_hand-{ids['variant_id']}": "10",
        "carrier_code": "usps",
        "tracking_number": "1",
        "revision_id": str(ids["revision_id"]),
        "next": "https://evil.example/",
        **EMPTY_PAGE,
    }


def requests(
    client: Client, address: str, other: Seat, *, is_refused: bool
) -> Iterator[tuple[str, object]]:
    yield "GET", client.get(address)
    if not is_refused:
        yield "GET with traps", client.get(address, traps(other))
        yield "GET with a tag", client.get(address, {"tag": "ceramics"})
    yield "POST", client.post(address, forgery(other))


def body_of(answer) -> str:
    content = b"".join(answer.streaming_content) if answer.streaming else answer.content
    return content.decode(errors="replace") + answer.headers.get("Location", "")


def faults(answer, *, is_refused: bool, is_foreign: bool) -> Iterator[str]:
    status = answer.status_code
    if MARK.lower() in body_of(answer).lower():
        yield f"SHOWS ({status})"
    if answer.headers.get("Location", "").startswith("https://evil.example"):
        yield "LEADS AWAY"
    if status >= 500:
        yield f"BREAKS ({status})"
    if is_refused and status != 404:
        yield f"IS REFUSED BUT ANSWERS ({status})"
    if is_foreign and status not in (302, 400, 404, 405):
        yield f"IS FOREIGN AND ANSWERS ({status})"


def leaks(client: Client, doorway: Doorway, other: Seat, all_worlds, before) -> list[str]:
    """Return what went wrong at one address. What happened there is undone."""
    found = []
    refused = policy_of(doorway.name)[0] is Door.REFUSED
    addresses = [*doorway.addresses(all_worlds)]
    if refused:  # by its name, whatever the ids
        addresses = list({"other" in owners: (owners, to) for owners, to in addresses}.values())
    for owners, address in addresses:
        start = transaction.savepoint()  # not atomic(): the gateway would refuse to run
        for kind, answer in requests(client, address, other, is_refused=refused):
            found += [
                f"{fault} {kind} {address} ({doorway.name}, {'+'.join(owners)})"
                for fault in faults(answer, is_refused=refused, is_foreign="other" in owners)
            ]
        if other.fingerprint() != before:
            found.append(f"CHANGES what is the other's: {address} ({doorway.name})")
        transaction.savepoint_rollback(start)
    return found


def sweep(client: Client, worlds) -> list[str]:
    _, other, all_worlds = worlds
    client.raise_request_exception = False
    before = other.fingerprint()
    return [
        leak
        for doorway in doorways()
        if doorway.name != "wagtailadmin_logout"  # would end the sweep
        for leak in leaks(client, doorway, other, all_worlds, before)
    ]


@pytest.mark.parametrize("role", ["owner", "editor", "packer"])
def test_a_sellers_people_meet_nothing_of_another_seller(worlds, role):
    assert sweep(worlds[0].shop.client(role), worlds) == []


@pytest.mark.parametrize("visitor", ["nobody", "a shopper", "somebody who was dismissed"])
def test_others_come_no_further_than_to_the_sign_in_page(worlds, visitor):
    _, other, all_worlds = worlds
    client = Client()
    if visitor == "a shopper":
        client = signed_in(make_user())
    elif visitor != "nobody":
        person = other.shop.people["editor"]
        remove_member(seller_id=other.shop.seller.pk, user_id=person.pk)
        assert person.has_perm("wagtailadmin.access_admin")  # the news has not come round yet
        client = signed_in(person)
    client.raise_request_exception = False
    found = []
    for doorway in doorways():
        if doorway.name == "wagtailadmin_logout":
            continue
        address = [*doorway.addresses(all_worlds)][-1][1]
        for answer in (client.get(address), client.post(address, forgery(other))):
            turned_away = answer.status_code in (302, 404, 405) or doorway.name in OPEN_TO_ALL
            if not turned_away or MARK.lower() in body_of(answer).lower():
                found.append(f"{answer.status_code} {address} ({doorway.name})")

    assert found == []


def test_a_suspended_seller_writes_nothing(worlds):
    own, _, all_worlds = worlds
    suspend(seller_id=own.shop.seller.pk, reason="Counterfeits")
    client = own.shop.client("owner")
    found = []
    for doorway in doorways():
        _, work = policy_of(doorway.name)
        for _, address in doorway.addresses({"own": own.ids, "shared": all_worlds["shared"]}):
            if work is Work.CONTENT and client.get(address).status_code != 404:
                found.append(f"{address} ({doorway.name})")

    assert found == []
    assert client.get(f"/admin/selling/orders/{own.ids['number']}/").status_code == 200


def test_the_sweep_would_find_leaks(worlds, settings):
    """Control: without the wall, Wagtail alone shows one seller to the other."""
    settings.MIDDLEWARE = [
        each for each in settings.MIDDLEWARE if not each.endswith("SellerWallMiddleware")
    ]
    found = sweep(worlds[0].shop.client("owner"), worlds)

    shown = {leak.rsplit("(", 1)[1].split(",")[0] for leak in found if "SHOWS" in leak}
    assert {"wagtailadmin_explore", "wagtailadmin_choose_page_search"} <= shown

"""A SKU's own screen, locations, counts, missing units, files, keys and addresses."""

import re
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from cms.selling.exports import MOST_LINES
from commerce.hooks import operations as hooks
from commerce.hooks import queries as machines
from commerce.inventory import operations as inventory
from commerce.inventory import queries as stock
from commerce.inventory.models import Location, Stock
from commerce.kernel import clock
from tests.factories.cart import make_sellable
from tests.factories.inventory import stock_up
from tests.factories.selling import open_shop
from tests.factories.staff import staff_client

pytestmark = pytest.mark.django_db
STOCK = "/admin/selling/stock/"


@pytest.fixture
def shop():
    return open_shop("Acme")


@pytest.fixture
def sku(shop):
    return make_sellable(seller_id=shop.seller.pk, sku="MUG")


def policy_form(**changes):
    blank = {"do": "policy", "kind": "deny", "low_at": "5"}
    return {**blank, **changes}


def test_a_sku_shows_where_it_lies_and_what_moved_it(shop, sku):
    answer = shop.client().get(f"{STOCK}skus/{sku}/")

    text = answer.content.decode()
    assert "Main" in text
    assert "opening count" in text


def test_a_seller_says_how_a_sku_is_sold_when_nothing_is_left(shop, sku):
    day = (clock.now() + timedelta(days=20)).date()
    form = policy_form(kind="backorder", backorder_limit="3", expected_on=day.isoformat())

    assert shop.client("editor").post(f"{STOCK}skus/{sku}/", form).status_code == 302

    found = stock.available(variant_ids=[sku])[sku]
    assert (found.available - found.in_stock, found.expected_on) == (3, day)


@pytest.mark.parametrize(
    ("field", "changes"),
    [
        ("expected_on", {"kind": "backorder", "backorder_limit": "3"}),
        ("backorder_limit", {"kind": "preorder", "expected_on": "2099-01-01"}),
        ("kind", {"kind": "whatever"}),
        ("low_at", {"low_at": "many"}),
        ("shopper_cap", {"shopper_cap": "-1"}),
        ("cart_hold_minutes", {"cart_hold_minutes": "999"}),
        ("backorder_limit", {"kind": "backorder", "backorder_limit": "9" * 40}),
    ],
)
def test_a_policy_that_makes_no_sense_is_explained(shop, sku, field, changes):
    answer = shop.client().post(f"{STOCK}skus/{sku}/", policy_form(**changes))

    assert answer.status_code == 422
    assert field in answer.context["policy_form"].errors


def test_a_rush_is_prepared_and_ended_in_the_workspace(shop, sku):
    """The switch touches shoppers' holds, which the seller's database role may not."""
    inventory.reserve(holder="a", quantities={sku: 2})
    client = shop.client()

    client.post(f"{STOCK}skus/{sku}/", policy_form(by_unit="on"))
    assert Stock.objects.get(variant_id=sku).by_unit
    inventory.reserve(holder="b", quantities={sku: 3})
    client.post(f"{STOCK}skus/{sku}/", policy_form())

    row = Stock.objects.get(variant_id=sku)
    assert (row.by_unit, row.reserved, row.on_hand) == (False, 5, 10)


def test_goods_come_in_with_a_kind_and_a_note(shop, sku):
    place = stock.locations_of(seller_id=shop.seller.pk)[0].id
    form = {"do": "change", "location": place, "kind": "received", "delta": "24", "note": "Kiln 7"}

    shop.client().post(f"{STOCK}skus/{sku}/", form)

    newest = stock.movements(variant_ids=[sku])[0]
    assert (newest.delta, newest.kind, newest.cause) == (24, "received", "Kiln 7")
    assert newest.actor == f"user:{shop.people['owner'].pk}"


@pytest.mark.parametrize("delta", ["0", "", "x", "-99", "9" * 30])
def test_a_change_that_cannot_be_is_explained(shop, sku, delta):
    place = stock.locations_of(seller_id=shop.seller.pk)[0].id
    form = {"do": "change", "location": place, "kind": "adjusted", "delta": delta}

    answer = shop.client().post(f"{STOCK}skus/{sku}/", form)

    assert answer.status_code == 422
    assert "delta" in answer.context["change_form"].errors


def test_units_move_between_two_locations(shop, sku):
    home = stock.locations_of(seller_id=shop.seller.pk)[0].id
    other = stock_up(sku, 0, place="Barn")
    form = {"do": "transfer", "source": home, "target": other, "quantity": "4"}

    shop.client().post(f"{STOCK}skus/{sku}/", form)

    levels = {row.location_id: row.on_hand for row in stock.levels(variant_ids=[sku])[sku]}
    assert levels == {home: 6, other: 4}


def test_another_sellers_sku_is_not_there(shop):
    foreign = make_sellable(seller_id=open_shop("Borealis").seller.pk, sku="SECRET")

    client = shop.client()
    assert client.get(f"{STOCK}skus/{foreign}/").status_code == 404
    assert client.post(f"{STOCK}skus/{foreign}/", policy_form()).status_code == 404


def test_a_location_is_made_and_changed(shop):
    client = shop.client()
    form = {"name": "Elm Street", "country": "US", "priority": "1"}

    assert client.post(f"{STOCK}locations/new/", form).status_code == 302
    place = next(p for p in stock.locations_of(seller_id=shop.seller.pk) if p.name == "Elm Street")
    client.post(f"{STOCK}locations/{place.id}/", {**form, "priority": "7"})

    assert stock.locations_of(seller_id=shop.seller.pk)[0].priority == 7
    assert "Elm Street" in client.get(f"{STOCK}locations/").content.decode()


def test_a_name_that_is_taken_is_refused(shop, sku):
    stock_up(sku, 1, place="Barn")

    answer = shop.client().post(
        f"{STOCK}locations/new/", {"name": "Barn", "country": "US", "priority": "1"}
    )

    assert answer.status_code == 422
    assert "name" in answer.context["form"].errors


def begin_count(shop, client):
    place = stock.locations_of(seller_id=shop.seller.pk)[0].id
    return client.post(f"{STOCK}counts/", {"location": place}, follow=True).redirect_chain[-1][0]


def test_a_count_is_entered_shown_and_applied(shop, sku):
    client = shop.client("packer")
    sheet = begin_count(shop, client)
    row = Stock.objects.get(variant_id=sku).pk

    shown = client.post(sheet, {"do": "save", f"counted-{row}": "8"}, follow=True)
    assert "-2" in shown.content.decode()
    client.post(sheet, {"do": "apply"})

    assert stock.available(variant_ids=[sku])[sku].on_hand == 8
    page = client.get(f"{STOCK}counts/").content.decode()
    assert page.count("80.00 %") == 2
    assert "Below 99.5 %" in page
    staff = staff_client("Moderators").get(f"/admin/office/sellers/{shop.seller.pk}/")
    assert "Below 99.5 %" in staff.content.decode()


def test_a_schedule_is_set_at_the_location_and_shown_where_it_is_due(shop, sku):
    client = shop.client("editor")
    [place] = stock.locations_of(seller_id=shop.seller.pk)
    address = f"{STOCK}locations/{place.id}/"
    form = {"name": "Main", "country": "US", "priority": "100", "count_every": "30"}

    assert client.post(address, form).status_code == 302

    assert "Due now" in client.get(f"{STOCK}locations/").content.decode()
    assert 'value="30"' in client.get(address).content.decode()
    for role in ("owner", "packer"):
        assert "Due since" in shop.client(role).get(f"{STOCK}counts/").content.decode()
        assert "To be counted" in shop.client(role).get("/admin/").content.decode()
    begun = client.post(f"{STOCK}counts/", {"location": place.id, "scheduled": "1"})
    assert client.get(begun["Location"]).status_code == 200
    assert "Go on counting" in client.get(f"{STOCK}counts/").content.decode()


def test_a_home_page_without_a_due_count_does_not_speak_of_counts(shop, sku):
    assert "To be counted" not in shop.client().get("/admin/").content.decode()


def test_staff_see_which_counts_a_seller_puts_off(shop, sku):
    [place] = stock.locations_of(seller_id=shop.seller.pk)
    inventory.schedule_counts(seller_id=shop.seller.pk, location_id=place.id, every=30)
    long_ago = clock.now() - timedelta(days=12)
    Location.objects.filter(pk=place.id).update(count_since=long_ago)

    page = staff_client("Moderators").get(f"/admin/office/sellers/{shop.seller.pk}/")

    assert "Main, 12 days" in page.content.decode()


@pytest.mark.parametrize(
    "changes",
    [
        {"count_every": "0"},
        {"count_every": "367"},
        {"count_every": "soon"},
        {"count_at_once": "5"},
        {"count_every": "90", "count_at_once": "0"},
    ],
)
def test_a_schedule_that_makes_no_sense_is_explained_and_kept(shop, sku, changes):
    [place] = stock.locations_of(seller_id=shop.seller.pk)
    form = {"name": "Main", "country": "US", "priority": "100", **changes}

    answer = shop.client().post(f"{STOCK}locations/{place.id}/", form)

    assert answer.status_code == 422
    assert all(f'value="{typed}"' in answer.content.decode() for typed in changes.values())


def test_a_count_that_leaves_stock_out_says_so(shop, sku):
    client = shop.client()
    sheet = begin_count(shop, client)

    answer = client.post(sheet, {"do": "apply"}, follow=True)

    assert "no whole count" in answer.content.decode()


@pytest.mark.parametrize("typed", ["-1", "x", "1e3", "9" * 40])
def test_a_number_that_is_none_is_explained_and_kept(shop, sku, typed):
    client = shop.client()
    sheet = begin_count(shop, client)
    row = Stock.objects.get(variant_id=sku).pk

    answer = client.post(sheet, {"do": "apply", f"counted-{row}": typed})

    assert answer.status_code == 422
    assert typed in answer.content.decode()
    assert stock.available(variant_ids=[sku])[sku].on_hand == 10


def test_missing_units_of_paid_orders_leave_from_elsewhere(shop, sku):
    inventory.reserve(holder="order", quantities={sku: 10})
    inventory.claim(holder="order")
    client = shop.client()
    sheet = begin_count(shop, client)
    row = Stock.objects.get(variant_id=sku).pk
    client.post(sheet, {"do": "apply", f"counted-{row}": "7"})
    other = stock_up(sku, 5, place="Barn")
    assert "find" in client.get(STOCK).content.decode()
    [missing] = client.get(f"{STOCK}missing/").context["rows"]

    client.post(f"{STOCK}missing/", {"row": missing["key"], "location": other})

    assert stock.unfulfillable(seller_id=shop.seller.pk) == []
    assert client.get(f"{STOCK}missing/").context["rows"] == []


def test_no_stock_screen_holds_the_key_to_an_order(shop, sku):
    """By it one is the order's shopper."""
    holder = "s3cr3t-order-key"
    inventory.reserve(holder=holder, quantities={sku: 10})
    inventory.claim(holder=holder)
    client = shop.client()
    row = Stock.objects.get(variant_id=sku).pk
    client.post(begin_count(shop, client), {"do": "apply", f"counted-{row}": "7"})
    other = stock_up(sku, 5, place="Barn")
    before = client.get(f"{STOCK}missing/")
    [missing] = before.context["rows"]
    client.post(f"{STOCK}missing/", {"row": missing["key"], "location": other})

    history = client.get(f"{STOCK}skus/{sku}/").content.decode()

    assert "order leaves elsewhere" in history
    assert holder not in history
    assert holder not in before.content.decode()


def upload(client, text):
    file = SimpleUploadedFile("stock.csv", text.encode())
    return client.post(f"{STOCK}upload/", {"file": file})


def test_a_file_is_looked_through_before_it_is_applied(shop, sku):
    client = shop.client()
    shown = upload(client, "sku,on_hand\nMUG,25\nNOPE,3\n")

    assert [line.is_done for line in shown.context["lines"]] == [True, False]
    assert stock.available(variant_ids=[sku])[sku].on_hand == 10

    client.post(f"{STOCK}upload/", {"text": shown.context["text"], "do": "apply"})
    assert stock.available(variant_ids=[sku])[sku].on_hand == 25
    assert stock.movements(variant_ids=[sku])[0].kind == "imported"


def test_the_download_can_be_uploaded_again(shop, sku):
    client = shop.client()
    text = client.get(f"{STOCK}file/").content.decode("utf-8-sig")

    shown = upload(client, text)

    assert [line.outcome for line in shown.context["lines"]] == ["As it is"]


@pytest.mark.parametrize(
    "row",
    ["MUG,x", "MUG,", ",5", "MUG,-1", "MUG,1.5", "MUG," + "9" * 40, "MUG,1,2,3,4", "MUG,²"],
)
def test_a_row_that_makes_no_sense_is_left_out_with_a_reason(shop, sku, row):
    shown = upload(shop.client(), f"sku,on_hand\n{row}\n")

    assert shown.status_code == 200
    assert [line.is_done for line in shown.context["lines"]] == [False]
    assert shown.context["lines"][0].outcome.startswith("Refused:")


def test_thresholds_come_from_a_file_and_go_with_one(shop, sku):
    client = shop.client("editor")
    shown = upload(client, "sku,threshold\nMUG,4\n")
    assert [line.outcome for line in shown.context["lines"]] == ["Set"]

    client.post(f"{STOCK}upload/", {"text": shown.context["text"], "do": "apply"})

    [level] = stock.levels(variant_ids=[sku])[sku]
    assert (level.low_here, level.on_hand) == (4, 10)
    text = client.get(f"{STOCK}file/").content.decode("utf-8-sig")
    assert "MUG,Main,10,1,4,4" in text
    again = upload(client, text)
    assert [line.outcome for line in again.context["lines"]] == ["As it is"]
    inventory.set_low_here(variant_id=sku, thresholds={level.location_id: 7})
    late = upload(client, text.replace(",4,4", ",none,4"))
    assert late.context["lines"][0].outcome.startswith("Refused: somebody changed the threshold")


@pytest.mark.parametrize("cell", ["-1", "x", "1.5", "1000001", "9" * 40, "²", "nil"])
def test_a_threshold_that_makes_no_sense_is_left_out_with_a_reason(shop, sku, cell):
    shown = upload(shop.client(), f"sku,threshold\nMUG,{cell}\n")

    [line] = shown.context["lines"]
    assert not line.is_done
    assert "threshold" in line.outcome
    assert "none" in line.outcome


@pytest.mark.parametrize(
    "text", ["", "MUG,5\n", "sku\nMUG\n", "sku,on_hand\n", "sku,on_hand\nM\0G,1\n", "x" * 600_000]
)
def test_a_file_that_is_none_is_explained(shop, text):
    answer = upload(shop.client(), text)

    assert answer.status_code in (400, 422)


def test_nothing_chosen_is_explained(shop):
    assert shop.client().post(f"{STOCK}upload/", {}).status_code == 422


def test_a_key_is_shown_once_and_revoked(shop):
    client = shop.client()
    answer = client.post(f"{STOCK}connections/", {"do": "key", "name": "Warehouse"})

    key = answer.context["shown"]["key"]
    assert key in answer.content.decode()
    assert hooks.authenticate(key=key, scope="stock")[0] == shop.seller.pk
    again = client.get(f"{STOCK}connections/").content.decode()
    assert key not in again
    assert "Warehouse" in again
    [row] = machines.keys_of(seller_id=shop.seller.pk)
    client.post(f"{STOCK}connections/keys/{row.id}/revoke/")
    with pytest.raises(hooks.KeyRefused):
        hooks.authenticate(key=key, scope="stock")


@pytest.mark.parametrize("role", ["editor", "packer"])
def test_connections_are_the_owners_alone(shop, role):
    assert shop.client(role).get(f"{STOCK}connections/").status_code == 404


def test_an_address_is_added_shown_and_removed(shop):
    client = shop.client()
    form = {"do": "endpoint", "url": "https://example.com/stoa"}
    answer = client.post(f"{STOCK}connections/", form)
    assert answer.context["shown"]["secret"].startswith("whsec_")

    [row] = machines.endpoints_of(seller_id=shop.seller.pk)
    page = f"{STOCK}connections/addresses/{row.id}/"
    assert "Nothing was sent yet" in client.get(page).content.decode()
    client.post(page, {"do": "remove"})

    assert machines.endpoints_of(seller_id=shop.seller.pk) == []
    assert client.get(page).status_code == 404


def test_an_address_inside_our_own_network_is_refused(shop):
    answer = shop.client().post(
        f"{STOCK}connections/", {"do": "endpoint", "url": "https://192.168.0.1/"}
    )

    assert answer.status_code == 422
    assert "public internet" in answer.content.decode()


def test_a_notice_is_sent_again_at_the_sellers_wish(shop, sku):
    hooks.add_endpoint(seller_id=shop.seller.pk, url="http://127.0.0.1:9/none")
    hooks.announce_stock(variant_ids=[sku])
    [endpoint_id] = hooks.waiting_endpoints()
    hooks.send_to(endpoint_id=endpoint_id)
    client = shop.client()
    [endpoint] = machines.endpoints_of(seller_id=shop.seller.pk)
    page = f"{STOCK}connections/addresses/{endpoint.id}/"
    row = machines.deliveries_of(seller_id=shop.seller.pk, endpoint_id=endpoint.id)[0]
    assert (row.attempts, row.last_status) == (1, 0)

    assert client.post(f"{page}{row.id}/again/").status_code == 302

    assert (
        machines.deliveries_of(seller_id=shop.seller.pk, endpoint_id=endpoint.id)[0].attempts == 0
    )


def moved(sku, times, **changes):
    place = stock.levels(variant_ids=[sku])[sku][0].location_id
    for number in range(times):
        inventory.adjust(
            **{"variant_id": sku, "location_id": place, "delta": 1, "cause": f"box {number}",
               "kind": "received", **changes}
        )  # fmt: skip


def test_all_that_ever_moved_a_sku_is_there_page_by_page(shop, sku, monkeypatch):
    monkeypatch.setattr("cms.selling.views.sku.SHOWN", 3)
    moved(sku, 4)

    first = shop.client().get(f"{STOCK}skus/{sku}/")
    last = shop.client().get(f"{STOCK}skus/{sku}/?p=2")
    beyond = shop.client().get(f"{STOCK}skus/{sku}/?p=99")

    assert [move.cause for _, move in first.context["moves"]] == ["box 3", "box 2", "box 1"]
    assert [move.cause for _, move in last.context["moves"]] == ["box 0", "opening count"]
    assert [move.cause for _, move in beyond.context["moves"]] == ["box 0", "opening count"]


def test_movements_are_narrowed_by_kind_and_place(shop, sku):
    moved(sku, 2)
    store = stock_up(sku, 7, place="Store")
    address = f"{STOCK}skus/{sku}/"

    def causes(**asked):
        answer = shop.client().get(address, asked)
        return [move.cause for _, move in answer.context["moves"]]

    assert causes(kind="received") == ["box 1", "box 0"]
    assert causes(place=str(store)) == ["opening count"]
    assert causes(kind="received", place=str(store)) == []
    assert len(causes(kind="whatever", place="x")) == 4


def test_movements_leave_as_a_file_narrowed_alike(shop, sku, monkeypatch):
    monkeypatch.setattr("cms.selling.views.sku.BATCH", 2)
    moved(sku, 3, cause="=1+1")

    answer = shop.client().get(f"{STOCK}skus/{sku}/movements/", {"kind": "received"})

    lines = b"".join(answer.streaming_content).decode().splitlines()
    assert answer["Content-Disposition"] == 'attachment; filename="movements-mug.csv"'
    assert len(lines) == 4
    assert lines[0].lstrip("\ufeff").startswith("SKU,When (UTC),What,Where,Units")
    assert "'=1+1" in lines[1]


def test_a_file_that_would_be_too_long_is_refused_with_the_remedy(shop, sku, monkeypatch):
    monkeypatch.setitem(MOST_LINES, "csv", 1)
    moved(sku, 3)

    answer = shop.client().get(f"{STOCK}skus/{sku}/movements/", follow=True)

    assert "4 movements are too many for one file of 1. Narrow them." in answer.content.decode()


def test_a_seller_says_at_which_number_a_location_is_told_of(shop, sku):
    place = stock.levels(variant_ids=[sku])[sku][0].location_id
    address = f"{STOCK}skus/{sku}/"

    done = shop.client("editor").post(address, {"do": "low-here", f"low-{place}": "12"})

    assert done.status_code == 302
    assert stock.levels(variant_ids=[sku])[sku][0].low_here == 12
    assert 'value="12"' in shop.client().get(address).content.decode()

    shop.client().post(address, {"do": "low-here", f"low-{place}": ""})
    assert stock.levels(variant_ids=[sku])[sku][0].low_here is None


@pytest.mark.parametrize("typed", ["-1", "many", "9" * 40])
def test_a_number_that_cannot_be_is_explained_and_kept(shop, sku, typed):
    place = stock.levels(variant_ids=[sku])[sku][0].location_id

    answer = shop.client().post(f"{STOCK}skus/{sku}/", {"do": "low-here", f"low-{place}": typed})

    assert answer.status_code == 422
    assert f'value="{typed}"' in answer.content.decode()
    assert 'aria-invalid="true"' in answer.content.decode()
    assert stock.levels(variant_ids=[sku])[sku][0].low_here is None


def test_each_field_of_a_skus_forms_has_an_id_and_a_label_of_its_own(shop, sku):
    shop.client().post(f"{STOCK}locations/new/", {"name": "B", "country": "US", "priority": "2"})
    page = shop.client().get(f"{STOCK}skus/{sku}/").content.decode()

    ids = re.findall(r'<(?:input|select|textarea)[^>]* id="([^"]+)"', page)
    assert len(ids) > 15
    assert sorted(set(ids)) == sorted(ids)
    shown = re.findall(r'<(?:select|textarea|input type="(?:text|number)")[^>]* id="([^"]+)"', page)
    assert [each for each in shown if f'for="{each}"' not in page] == []

"""Prices in the shop's other currencies, into and out of a file."""

import csv
import io

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from cms.importing.exporting import export
from commerce.pricing.models import Price, PriceChange

from .conftest import COLUMNS, mug

pytestmark = pytest.mark.django_db

IN_EUR, COMPARED = "Variant Price EUR", "Variant Compare At Price EUR"
IN_JPY = "Variant Price JPY"


@pytest.fixture(autouse=True)
def _currencies(settings):
    settings.CURRENCIES = ["USD", "EUR", "JPY"]


def as_file(*rows, columns=(IN_EUR, COMPARED, IN_JPY)):
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, [*COLUMNS, *columns], restval="")
    writer.writeheader()
    writer.writerows(rows)
    return buffer.getvalue().encode()


def prices():
    rows = Price.objects.order_by("currency")
    return {row.currency: (row.amount_minor, row.compare_at_minor) for row in rows}


def problems(job):
    rows = job.problems.order_by("row", "pk")
    return [(row.row, row.column, row.stops_product) for row in rows]


def test_prices_arrive_in_each_currency_with_its_decimals(import_rows):
    job = import_rows(data=as_file(mug(**{IN_EUR: "11.90", COMPARED: "14.00", IN_JPY: "1800"})))

    assert (job.created, problems(job)) == (1, [])
    assert prices() == {"EUR": (1190, 1400), "JPY": (1800, None), "USD": (1200, None)}


def test_an_empty_cell_and_a_file_without_the_column_leave_what_is_kept(import_rows):
    import_rows(data=as_file(mug(**{IN_EUR: "11.90", IN_JPY: "1800"})))
    import_rows(data=as_file(mug(Title="Red mug", **{IN_EUR: "12.90"})))
    import_rows(mug(Title="Green mug"))

    assert prices() == {"EUR": (1290, None), "JPY": (1800, None), "USD": (1200, None)}
    assert PriceChange.objects.filter(currency="EUR").count() == 2


@pytest.mark.parametrize(
    ("cells", "column"),
    [
        ({IN_EUR: "11,90"}, IN_EUR), ({IN_EUR: "-1"}, IN_EUR), ({IN_EUR: "0"}, IN_EUR),
        ({IN_EUR: "=1+1"}, IN_EUR), ({IN_EUR: "1.999"}, IN_EUR), ({IN_JPY: "1800.50"}, IN_JPY),
        ({COMPARED: "14.00"}, IN_EUR), ({IN_EUR: "9999999999999999"}, IN_EUR),
    ],
)  # fmt: skip
def test_a_price_that_cannot_be_read_is_named_and_nothing_of_the_product_arrives(
    import_rows, cells, column
):
    job = import_rows(data=as_file(mug(**cells), mug(Handle="jug", **{"Variant SKU": "J-1"})))

    assert problems(job) == [(2, column, True)]
    assert (job.created, job.failed) == (1, 1)
    assert prices() == {"USD": (1200, None)}


def test_a_compare_at_price_below_the_price_is_left_out_and_told(import_rows):
    job = import_rows(data=as_file(mug(**{IN_EUR: "11.90", COMPARED: "10"})))

    assert problems(job) == [(2, COMPARED, False)]
    assert prices()["EUR"] == (1190, None)


@pytest.mark.parametrize(
    ("column", "words"),
    [("Variant Price GBP", "sells in EUR, JPY"), ("Variant Price USD", "stand in “Variant Price”")],
)
def test_a_column_of_a_currency_that_is_not_sold_in_is_named_and_left_out(
    import_rows, column, words
):
    job = import_rows(data=as_file(mug(**{column: "9.90"}), columns=[column]))

    assert (job.created, problems(job)) == (1, [(1, column, False)])
    assert words in job.problems.get().message
    assert prices() == {"USD": (1200, None)}


def test_the_same_file_is_news_once_its_currency_is_sold_in(import_rows, settings):
    settings.CURRENCIES = ["USD"]
    data = as_file(mug(**{IN_EUR: "11.90"}), columns=[IN_EUR])
    import_rows(data=data)
    settings.CURRENCIES = ["USD", "EUR"]

    assert import_rows(data=data).updated == 1
    assert prices()["EUR"] == (1190, None)
    assert import_rows(data=data).unchanged == 1


def test_what_is_exported_is_read_back_unchanged_with_two_statements_more(
    import_rows, seller, settings
):
    import_rows(
        data=as_file(
            mug(**{IN_EUR: "11.90", COMPARED: "14.00", IN_JPY: "1800"}),
            mug(Handle="jug", **{"Variant SKU": "J-1"}),
        )
    )
    before = list(Price.objects.order_by("pk").values("variant", "currency", "amount_minor"))
    counted = {}
    for sold_in in (["USD"], ["USD", "EUR", "JPY"]):
        settings.CURRENCIES = sold_in
        output = io.StringIO()
        with CaptureQueriesContext(
            connection,
        ) as queries:
            export(seller_id=seller.pk, output=output)
        counted[len(sold_in)] = len(queries)
    assert counted[3] == counted[1] + 2

    text = output.getvalue()
    [first, second] = csv.DictReader(io.StringIO(text))
    assert (first[IN_EUR], first[COMPARED], first[IN_JPY]) == ("11.90", "14.00", "1800")
    assert (second[IN_EUR], second[IN_JPY]) == ("", "")
    job = import_rows(data=text.encode())
    assert (job.failed, job.problems.count()) == (0, 0)
    assert before == list(
        Price.objects.order_by("pk").values("variant", "currency", "amount_minor")
    )

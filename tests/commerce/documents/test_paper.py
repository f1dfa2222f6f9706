"""What is printed and what is embedded agree with what was agreed, in any currency and script."""

import hashlib
import io
import re
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import facturx
import pytest
from django.core.files.storage import storages
from drafthorse.utils import validate_xml
from pypdf import PdfReader
from saxonche import PySaxonProcessor

from commerce.documents import composing, factur_x, operations, rendering
from commerce.documents.models import Document, Rendering
from commerce.documents.presenting import sheet
from commerce.documents.tasks import render_due
from commerce.documents.types import Credit, CreditLine, Draft, Issuer, LetterheadData
from tests.factories.documents import (
    COLOGNE,
    ISSUER,
    NOON,
    a_line,
    a_part,
    billed,
    paid_by_card,
    paid_part,
)

NAMES = {
    "ram": "urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:100"
}
UNREGISTERED = Issuer(
    legal_name="Margin Notes LLC",
    trade_name="Margin Notes",
    email="hi@margin.example",
    letterhead=LetterheadData(country="US"),
)


def said(draft: Draft, *, kind: str = "invoice") -> dict[str, Any]:
    number = {"invoice": "INV-7-2026-00042", "credit_note": "CN-7-2026-00003"}[kind]
    return {
        "kind": kind, "number": number, "issued_at": NOON,
        "content": draft.content, "parties": draft.parties,
    }  # fmt: skip


def invoice(*lines: Any, issuer: Issuer = ISSUER, **part: Any) -> Draft:
    whole = a_part(lines or [a_line()], **part)
    return composing.invoice(part=whole, issuer=issuer, payment=paid_by_card(whole))


def credit(*lines: Any, **given: Any) -> Draft:
    return composing.credit_note(
        part=a_part(lines or [a_line()]),
        issuer=ISSUER,
        credit=Credit(business_key="c", reason="Returned", **given),
        invoice={"number": "INV-7-2026-00042", "issued_on": "2026-11-20"},
    )


def xml_of(draft: Draft, *, kind: str = "invoice") -> ElementTree.Element:
    """The embedded data, after it was held against the schema of its profile."""
    xml = factur_x.as_xml(**said(draft, kind=kind))
    assert xml is not None
    validate_xml(xml, "FACTUR-X_EN16931")
    return ElementTree.fromstring(xml)  # noqa: S314 - our own


def told(root: ElementTree.Element, name: str) -> list[str]:
    return [element.text or "" for element in root.iterfind(f".//ram:{name}", NAMES)]


def words(pdf: bytes) -> str:
    return "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages)


# The sums.


@pytest.mark.parametrize("included", [False, True])
@pytest.mark.parametrize("currency", ["EUR", "JPY", "KWD"])
def test_an_invoice_is_the_total_of_its_order(currency: str, included: bool) -> None:
    lines = [
        a_line(1, currency=currency, unit=1999, quantity=3, included=included),
        a_line(
            2, currency=currency, unit=777, quantity=7, rate=700, discount=123, included=included
        ),
        a_line(3, currency=currency, unit=101, quantity=1, rate=0, tax_name="No tax"),
    ]
    part = a_part(lines, included=included)

    draft = composing.invoice(part=part, issuer=ISSUER, payment=paid_by_card(part))

    assert draft.total_minor == part.total.minor
    assert draft.tax_minor == part.tax.minor + part.included_tax.minor
    taxes = draft.content["taxes"]
    assert sum(row["net_minor"] + row["tax_minor"] for row in taxes) == part.total.minor


def test_units_given_back_before_are_left_out_to_the_cent() -> None:
    part = a_part([a_line(1, unit=333, quantity=7, discount=10)])
    back = Credit(
        business_key="c",
        reason="",
        lines=[CreditLine(order_line_id=1, quantity=3, goods_minor=996, tax_minor=189)],
    )

    draft = composing.invoice(part=part, issuer=ISSUER, payment=paid_by_card(part), before=[back])

    assert draft.total_minor == part.total.minor - 996 - 189
    assert draft.content["rows"][0]["quantity"] == 4
    assert draft.content["settles"] == ["c"]


def test_nothing_left_is_nothing_to_bill() -> None:
    part = a_part([a_line(1)], shipping=0)
    back = Credit(
        business_key="c",
        reason="",
        lines=[CreditLine(order_line_id=1, quantity=2, goods_minor=2500, tax_minor=475)],
    )
    with pytest.raises(composing.NothingToBill):
        composing.invoice(part=part, issuer=ISSUER, payment=paid_by_card(part), before=[back])


@pytest.mark.parametrize(
    ("currency", "printed"), [("EUR", "25.00"), ("JPY", "2,500"), ("KWD", "2.500")]
)
def test_amounts_are_printed_with_the_decimals_of_their_currency(
    currency: str, printed: str
) -> None:
    shown = sheet(**said(invoice(a_line(currency=currency))))
    assert shown["groups"][0]["rows"][0]["net"] == printed


def test_discounts_have_their_column_only_where_there_are_any() -> None:
    plain, reduced = (sheet(**said(invoice(a_line(discount=off)))) for off in (0, 100))
    assert "discount" not in [column["key"] for column in plain["columns"]]
    assert reduced["groups"][0]["rows"][0]["discount"] == "−1.00"
    assert "Autumn" in reduced["groups"][0]["rows"][0]["item"][1]


def test_reverse_charge_is_said_in_words() -> None:
    shown = sheet(**said(invoice(a_line(rate=0, tax_name="Reverse charge"), rate=0)))
    assert "Reverse charge: the recipient of the goods owes the tax." in shown["notes"]


def test_what_was_kept_for_wear_is_said_on_the_credit_note() -> None:
    draft = credit(lines=[CreditLine(order_line_id=1, quantity=1, goods_minor=1250)],
                   withheld_minor=300)  # fmt: skip
    assert (
        "3.00 EUR of it was kept because goods came back worn."
        in sheet(**said(draft, kind="credit_note"))["notes"]
    )


# The data: Factur-X, EN 16931.


def test_the_data_says_what_the_paper_says() -> None:
    draft = invoice(a_line(1, discount=100), a_line(2, rate=700, quantity=7, unit=399))

    root = xml_of(draft)

    assert told(root, "GrandTotalAmount") == [str(draft.total_minor / 100)]
    assert told(root, "TotalPrepaidAmount") == told(root, "GrandTotalAmount")
    assert told(root, "DuePayableAmount") == ["0.00"]
    assert told(root, "TypeCode")[0] == "380"
    assert "DE123456789" in told(root, "ID")
    assert told(root, "SellerAssignedID") == ["SKU-0001", "SKU-0002"]


def test_the_data_of_a_credit_note_names_the_invoice() -> None:
    given = [CreditLine(order_line_id=1, quantity=1, goods_minor=1250, tax_minor=238)]
    root = xml_of(credit(lines=given), kind="credit_note")

    assert told(root, "TypeCode")[0] == "381"
    assert "INV-7-2026-00042" in told(root, "IssuerAssignedID")
    assert told(root, "GrandTotalAmount") == ["14.88"]


def test_reverse_charge_is_a_category_of_its_own() -> None:
    draft = invoice(
        a_line(rate=0, tax_name="Reverse charge"), rate=0, ship_to={**COLOGNE, "vat_id": "FR1"}
    )
    assert set(told(xml_of(draft), "CategoryCode")) == {"AE"}


def test_a_sale_that_nobody_taxes_is_outside_the_tax() -> None:
    draft = invoice(a_line(rate=0, tax_name="No tax"), rate=0, issuer=UNREGISTERED)
    assert set(told(xml_of(draft), "CategoryCode")) == {"O"}


@pytest.mark.parametrize(
    "draft",
    [
        pytest.param(invoice(a_line(currency="KWD")), id="three decimals"),
        pytest.param(invoice(issuer=UNREGISTERED), id="taxed, by nobody who is registered"),
        pytest.param(
            invoice(a_line(rate=0, tax_name="Reverse charge"), rate=0), id="no VAT ID of the buyer"
        ),
    ],
)
def test_what_the_norm_has_no_place_for_is_paper_alone(draft: Draft) -> None:
    assert factur_x.as_xml(**said(draft)) is None
    assert "/EmbeddedFiles" not in rendering.as_pdf(**said(draft)).decode("latin-1")


RULES = Path(facturx.__file__).parent / "xsd_and_schematron" / "facturx-en16931"
ONE_BACK = [CreditLine(order_line_id=1, quantity=1, goods_minor=1250, tax_minor=238)]


@pytest.fixture(scope="module")
def violations() -> Callable[[bytes], list[str]]:
    """The rules of EN 16931 themselves, as the stylesheet that the norm's keepers publish."""
    processor = PySaxonProcessor(license=False)
    sheet_of_rules = processor.new_xslt30_processor().compile_stylesheet(
        stylesheet_file=str(RULES / "FACTUR-X_EN16931.xslt")
    )

    def check(xml: bytes) -> list[str]:
        node = processor.parse_xml(xml_text=xml.decode())
        report = sheet_of_rules.transform_to_string(xdm_node=node)
        assert report.count("fired-rule") > 50
        return re.findall(r"<svrl:text>(.*?)</svrl:text>", report, re.DOTALL)

    return check


@pytest.mark.parametrize(
    ("kind", "draft"),
    [
        pytest.param("invoice", invoice(), id="plain"),
        pytest.param("invoice", invoice(a_line(currency="JPY"), rate=800), id="no decimals"),
        pytest.param(
            "invoice",
            invoice(a_line(1, discount=333, quantity=7), a_line(2, rate=700), a_line(3, rate=0)),
            id="discount, three rates",
        ),
        pytest.param(
            "invoice",
            invoice(a_line(discount=99, quantity=3, included=True), included=True),
            id="tax inside the price",
        ),
        pytest.param(
            "invoice",
            invoice(
                a_line(rate=0, tax_name="Reverse charge"),
                rate=0,
                ship_to={**COLOGNE, "vat_id": "FR40303265045", "country": "FR"},
            ),
            id="reverse charge",
        ),
        pytest.param("invoice", invoice(a_line(rate=0), rate=0, issuer=UNREGISTERED), id="untaxed"),
        pytest.param("credit_note", credit(lines=ONE_BACK), id="credit note"),
        pytest.param(
            "credit_note",
            credit(lines=ONE_BACK, shipping_minor=700, shipping_tax_minor=133),
            id="credit note with shipping",
        ),
    ],
)
def test_the_data_keeps_the_rules_of_the_norm(violations, kind: str, draft: Draft) -> None:
    xml = factur_x.as_xml(**said(draft, kind=kind))
    assert xml is not None
    assert violations(xml) == []


def test_the_rules_of_the_norm_see_a_wrong_total(violations) -> None:
    """Control: what is broken must be found."""
    xml = factur_x.as_xml(**said(invoice()))
    assert xml is not None
    [total] = told(ElementTree.fromstring(xml), "GrandTotalAmount")  # noqa: S314
    assert any("BR-CO-15" in each for each in violations(xml.replace(total.encode(), b"1.00")))


# The paper.


def test_the_same_document_gives_the_same_bytes() -> None:
    draft = invoice()
    assert rendering.as_pdf(**said(draft)) == rendering.as_pdf(**said(draft))


def test_the_file_is_pdf_a_3b_with_its_data_inside() -> None:
    draft = invoice()
    reader = PdfReader(io.BytesIO(rendering.as_pdf(**said(draft))), strict=True)

    root = reader.trailer["/Root"]
    xmp = root["/Metadata"].get_data().decode()
    assert re.search(r"<pdfaid:part>3</pdfaid:part>", xmp)
    assert re.search(r"<pdfaid:conformance>B</pdfaid:conformance>", xmp)
    assert "<fx:ConformanceLevel>EN 16931</fx:ConformanceLevel>" in xmp
    assert "<fx:DocumentFileName>factur-x.xml</fx:DocumentFileName>" in xmp
    ElementTree.fromstring(xmp[xmp.index("<x:xmpmeta") : xmp.rindex("<?xpacket")])  # noqa: S314
    assert root["/OutputIntents"][0]["/S"] == "/GTS_PDFA1"
    assert "/ID" in reader.trailer
    (attached,) = root["/AF"]
    assert attached["/F"] == "factur-x.xml"
    assert attached["/AFRelationship"] == "/Alternative"
    assert reader.attachments["factur-x.xml"] == [factur_x.as_xml(**said(draft))]


def test_every_font_is_embedded() -> None:
    reader = PdfReader(io.BytesIO(rendering.as_pdf(**said(invoice()))))
    fonts = [
        font.get_object()["/DescendantFonts"][0]["/FontDescriptor"]
        for page in reader.pages
        for font in page["/Resources"]["/Font"].values()
    ]
    assert fonts
    assert all("/FontFile2" in font or "/FontFile3" in font for font in fonts)


TITLES = [
    "急須（きゅうす）常滑焼", "陶瓷杯", "도자기 머그", "قدح من الخزف", "כוס קרמיקה",
    "मिट्टी का प्याला", "ถ้วยเซรามิก", "Łódź Ω Жук ₹ €", "mug 😀\u0007\ufdd0 \U0001f9e6",
]  # fmt: skip


@pytest.mark.parametrize("title", TITLES)
def test_every_script_is_set(title: str) -> None:
    draft = invoice(a_line(title=title))
    assert rendering.as_pdf(**said(draft)).startswith(b"%PDF")


def test_what_no_font_has_a_letter_for_is_marked() -> None:
    assert rendering.printable("mug 😀") == "mug \N{REPLACEMENT CHARACTER}"


def test_markup_in_names_stays_words() -> None:
    title = '#import "x" $x^2$ *bold* \\ <a&b> ]]> "quoted"'
    pdf = rendering.as_pdf(**said(invoice(a_line(title=title))))
    assert "#import" in words(pdf)
    assert "*bold*" in words(pdf)


def test_a_hundred_lines_run_over_pages_that_are_counted() -> None:
    long = "An extraordinarily long title that goes on about colors, sizes and materials " * 2
    lines = [a_line(n, title=long[:100] if n % 7 == 0 else f"Item {n}") for n in range(1, 101)]
    company = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft"

    pdf = rendering.as_pdf(**said(invoice(*lines, ship_to={**COLOGNE, "company": company})))

    pages = PdfReader(io.BytesIO(pdf)).pages
    assert len(pages) > 3
    assert f"Page 1 of {len(pages)}" in pages[0].extract_text()
    assert "Unit net" in pages[2].extract_text()


def test_the_fonts_bring_their_licenses() -> None:
    folder = Path(rendering.FONTS)
    assert "SIL OPEN FONT LICENSE" in (folder / "OFL.txt").read_text()
    assert "Apache License" in (folder / "Apache-2.0.txt").read_text()


# Keeping it.


@pytest.mark.django_db
def test_a_worker_sets_what_waits_and_the_door_hands_out_the_same_file() -> None:
    document = billed(paid_part())

    render_due()

    kept = Rendering.objects.get(document=document)
    pdf = operations.pdf_of(document_id=document.pk)
    assert hashlib.sha256(pdf).hexdigest() == kept.sha256
    assert len(pdf) == kept.size
    render_due()
    assert Rendering.objects.count() == 1


@pytest.mark.django_db
@pytest.mark.parametrize("damage", ["lost", "changed"])
def test_a_file_that_was_lost_or_changed_is_set_again_alike(damage: str) -> None:
    document = billed(paid_part())
    pdf = operations.pdf_of(document_id=document.pk)
    kept, store = Rendering.objects.get(document=document), storages["private"]
    if damage == "changed":
        with store.open(kept.file, "wb") as handle:
            handle.write(b"%PDF something else")
    else:
        store.delete(kept.file)

    assert operations.pdf_of(document_id=document.pk) == pdf


@pytest.mark.django_db
def test_dates_are_those_of_the_issue() -> None:
    document: Document = billed(paid_part())
    text = words(operations.pdf_of(document_id=document.pk))
    today = document.issued_at.date()
    assert f"{today.day} {date.strftime(today, '%B %Y')}" in text

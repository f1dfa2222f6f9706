"""What strangers may have us mail: a greeting, and nothing to follow."""

from typing import Any

import pytest

from commerce.audit.models import Entry
from commerce.giftcards import operations, queries
from commerce.giftcards.models import Purchase
from commerce.giftcards.types import Buyer
from commerce.giftcards.wording import harmless, objection_to_message, objection_to_name, plain
from devtools.stripe_double import StripeDouble
from tests.commerce.giftcards.test_life import asleep, mails
from tests.factories.giftcards import begin, bought, known, tell


@pytest.mark.parametrize(
    "text",
    [
        "", "Happy birthday!", "Love...Ada", "Dr. Who and J.R.R. Tolkien, e.g. together",
        "born 12.11.2026 at 8.30", "1 000 000 kisses, 3.50 euros", "join the dots",
        "👩\u200d👧 hug", "❤\ufe0f from Ada",
        "a\nb\nc\nd\ne\nf", "x" * 200,
    ],
)  # fmt: skip
def test_a_greeting_is_sent_as_it_is(text: str) -> None:
    assert objection_to_message(text) == ""
    assert harmless(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "see https://evil.example/x", "evil.com", "www.evil", "Pay now.here", "bit.ly/xyz",
        "evil[.]com", "evil (dot) com", "evil dot com", "evil。com", "evil․com", "ｅｖｉｌ．ｃｏｍ",
        "e\u200bvil.c\u200bom", "mail me@evil.example", "http://1.2.3.4/x", "203.0.113.9/x",
        "call +1 (800) 555-0100", "0800 / 123 456 78", "javascript://x", "пример.рф",
        "evil.\u200dcom", "evil\u200d.com", "evil.\ufe0fcom", "evil\u034f.com",
        "0\u200d8\u200d0\u200d0\u200d1\u200d2\u200d3\u200d4\u200d5\u200d6\u200d7",
    ],
)  # fmt: skip
def test_what_can_be_followed_or_called_is_refused_and_never_mailed(text: str) -> None:
    assert "Leave out" in objection_to_message(text)
    assert "Leave out" in objection_to_name(text)
    assert objection_to_message(harmless(text)) == ""


def test_a_long_message_is_refused_with_how_much_is_sent() -> None:
    assert "201 characters, and 200" in objection_to_message("x" * 201)
    assert "at most 6 lines" in objection_to_message("a\nb\nc\nd\ne\nf\ng")
    assert "50 characters" in objection_to_name("x" * 51)
    assert objection_to_name(" \u200b ") == "Enter a name."


def test_line_ends_of_browsers_count_once_and_empty_lines_are_left_out() -> None:
    assert plain("a\r\n\r\n\r\n\r\nb \u202e\x07") == "a\n\nb"
    assert plain("Ada\r\nBcc: x", is_name=True) == "Ada Bcc: x"


@pytest.mark.django_db
@pytest.mark.parametrize("field", ["message", "sender_name", "recipient_name"])
def test_the_operation_refuses_words_and_says_where(double: StripeDouble, field: str) -> None:
    with pytest.raises(operations.WordsRefused) as refused:
        begin(**{field: "Your account is locked: evil.com"})

    assert refused.value.field == field
    assert not Purchase.objects.exists()


@pytest.mark.django_db
def test_links_of_purchases_from_before_are_not_mailed(double: StripeDouble) -> None:
    bought(double)
    asleep("UPDATE giftcards_purchase SET message = 'Go to evil.com', sender_name = 'www.evil.com'")
    tell()

    (mail,) = mails("gift_card")
    assert not any("evil" in form for form in (mail.text, mail.html, mail.subject))


@pytest.mark.django_db
def test_the_mail_says_who_wrote_the_words_and_how_to_report_them(double: StripeDouble) -> None:
    purchase = bought(double)
    tell()

    (mail,) = mails("gift_card")
    link = f"/gift-cards/{queries.report_key(purchase_id=purchase.id)}/report/"
    for form in (mail.text, mail.html):
        assert "Ada wrote these words, not Stoa" in form
        assert link in form
        assert purchase.token not in form


@pytest.mark.django_db
def test_one_buyer_has_cards_mailed_to_so_many_people_a_day(
    double: StripeDouble, settings: Any
) -> None:
    settings.GIFT_CARD_DAY_PEOPLE = 2
    begin(1000, recipient_email="one@example.com")
    begin(1000, recipient_email="two@example.com")
    begin(1000, recipient_email="TWO@example.com")

    with pytest.raises(operations.TooManyToday):
        begin(1000, recipient_email="three@example.com")
    begin(1000, recipient_email="three@example.com", sender_email="other@example.com")


@pytest.mark.django_db
def test_one_network_has_cards_mailed_to_so_many_people_a_day(
    double: StripeDouble, settings: Any
) -> None:
    settings.GIFT_CARD_DAY_PEOPLE_OF_NETWORK = 1
    buyer = Buyer(principal="net:203.0.113.0/24")
    begin(1000, buyer=buyer, recipient_email="one@example.com")

    with pytest.raises(operations.TooManyToday):
        begin(1000, buyer=buyer, sender_email="b@example.com", recipient_email="two@example.com")


@pytest.mark.django_db
def test_whoever_was_reported_sends_cards_without_words_for_a_month(double: StripeDouble) -> None:
    purchase = bought(double)
    key = queries.report_key(purchase_id=purchase.id)
    operations.report(key=key)
    operations.report(key=key)

    assert known(purchase.token).reported_at is not None
    assert Entry.objects.filter(action="gift_card.reported").count() == 1
    with pytest.raises(operations.MessageClosed):
        begin(1000)
    begin(1000, message="")

    asleep("UPDATE giftcards_purchase SET reported_at = reported_at - interval '31 days'")
    begin(1000)


@pytest.mark.django_db
@pytest.mark.parametrize("key", ["", "1", "1~x", "x" * 500, "\x00~a"])
def test_what_is_no_key_of_a_mail_reports_nothing(key: str) -> None:
    with pytest.raises(operations.NoSuchPurchase):
        operations.report(key=key)

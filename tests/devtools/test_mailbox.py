import pytest
from django.core.mail import EmailMultiAlternatives
from django.http import Http404
from django.test import RequestFactory

from devtools import mailbox, mailbox_views


@pytest.fixture(autouse=True)
def box(settings, tmp_path):
    settings.DEBUG = True
    settings.MAILBOX_ROOT = tmp_path / "mail"
    settings.EMAIL_BACKEND = "devtools.mailbox.MailboxBackend"
    settings.ROOT_URLCONF = "devtools.urls"
    return settings.MAILBOX_ROOT


def send(subject="Grüße", to="ada@example.com", html="<html><head></head><p>Hi</p></html>"):
    message = EmailMultiAlternatives(subject, "Hi\nhttps://shop.test/x?a=1", "shop@x.test", [to])
    if html:
        message.attach_alternative(html, "text/html")
    assert message.send() == 1


def get(view, mail_id=None, **query):
    request = RequestFactory().get("/dev/mail/", query)
    return view(request) if mail_id is None else view(request, mail_id=mail_id)


def test_what_was_sent_is_read_back():
    send()
    (mail,) = mailbox.messages()
    assert (mail.subject, mail.recipients, mail.sender) == (
        "Grüße",
        "ada@example.com",
        "shop@x.test",
    )
    assert mail.text.strip() == "Hi\nhttps://shop.test/x?a=1"
    assert mail.links == ["https://shop.test/x?a=1"]
    assert mailbox.message(mail_id=mail.id).html.strip() == "<html><head></head><p>Hi</p></html>"


def test_the_newest_is_first_and_may_be_asked_for_by_recipient():
    send("First")
    send("Second", to="Eve@example.com")
    assert [mail.subject for mail in mailbox.messages()] == ["Second", "First"]
    assert [mail.subject for mail in mailbox.messages(recipient="eve@example.com")] == ["Second"]


def test_no_half_written_message_is_listed(box):
    send()
    (box / ".1-2.part").write_text("Subject: half")
    assert len(mailbox.messages()) == 1


@pytest.mark.parametrize("mail_id", ["../secret", "1", "x" * 40, ""])
def test_only_names_of_messages_are_opened(mail_id):
    assert mailbox.message(mail_id=mail_id) is None


def test_the_list_names_subject_and_recipient():
    send("A & B")
    page = get(mailbox_views.index).content.decode()
    assert "A &amp; B" in page
    assert "ada@example.com" in page


def test_an_empty_box_says_what_to_do():
    assert "Nothing was sent yet" in get(mailbox_views.index).content.decode()


def test_the_html_is_framed_without_scripts():
    send()
    (mail,) = mailbox.messages()
    page = get(mailbox_views.show, mail.id).content.decode()
    assert 'sandbox="allow-popups allow-popups-to-escape-sandbox"' in page
    framed = get(mailbox_views.frame, mail.id)
    assert framed.headers["Content-Security-Policy"].startswith("sandbox ")
    assert "script" not in framed.headers["Content-Security-Policy"]
    assert '<base target="_blank">' in framed.content.decode()


def test_a_mail_without_html_is_shown_as_text():
    send(html="")
    (mail,) = mailbox.messages()
    page = get(mailbox_views.show, mail.id).content.decode()
    assert "<iframe" not in page
    assert 'href="https://shop.test/x?a=1"' in page


def test_the_source_is_plain_text():
    send()
    (mail,) = mailbox.messages()
    assert get(mailbox_views.source, mail.id).headers["Content-Type"].startswith("text/plain")


def test_emptying_takes_a_post():
    send()
    request = RequestFactory().get("/dev/mail/empty/")
    assert mailbox_views.empty(request).status_code == 405
    assert mailbox_views.empty(RequestFactory().post("/dev/mail/empty/")).status_code == 302
    assert mailbox.messages() == []


@pytest.mark.parametrize("view", ["index", "empty", "show", "frame", "source"])
def test_outside_development_there_is_no_mailbox(settings, view):
    send()
    (mail,) = mailbox.messages()
    settings.DEBUG = False
    arguments = {} if view in ("index", "empty") else {"mail_id": mail.id}
    request = RequestFactory().generic("POST" if view == "empty" else "GET", "/dev/mail/")
    with pytest.raises(Http404):
        getattr(mailbox_views, view)(request, **arguments)

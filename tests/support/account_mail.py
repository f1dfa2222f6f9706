"""Mails about accounts: sent as a worker would, and their links followed."""

import re
from typing import Any

from django.core import mail
from django.test import Client

from commerce.notifications import operations as notifications
from commerce.notifications.models import Message


def mailed_link() -> str:
    for message in Message.objects.filter(sent_at=None):
        notifications.deliver(message_id=message.pk)
    return re.search(r"https?://\S+", mail.outbox[-1].body)[0]


def path_of(link: str) -> str:
    return "/" + link.split("/", 3)[3]


def choose(client: Client, link: str, password: str) -> Any:
    form = client.get(path_of(link), follow=True)
    where = form.redirect_chain[-1][0] if form.redirect_chain else path_of(link)
    return client.post(where, {"password1": password, "password2": password}, follow=True)

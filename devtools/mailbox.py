"""The development mailbox: every mail the shop sends lands here as a file, and nowhere else."""

import email
import email.policy
import os
import re
import secrets
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage as ParsedMessage
from email.utils import parsedate_to_datetime
from pathlib import Path

from django.conf import settings
from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend

_NAME = re.compile(r"[0-9]{16,20}-[0-9a-f]{8}")


class MailboxBackend(BaseEmailBackend):
    """Write each message to a file of its own; a reader never sees half of one."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        box = _box()
        box.mkdir(parents=True, exist_ok=True)
        for message in email_messages:
            name = f"{time.time_ns():019d}-{secrets.token_hex(4)}"
            draft = box / f".{name}.part"
            draft.write_bytes(message.message().as_bytes())
            os.replace(draft, box / f"{name}.eml")
        return len(email_messages)


@dataclass(frozen=True)
class Mail:
    """One message of the mailbox, read back from its file."""

    id: str
    parsed: ParsedMessage

    @property
    def subject(self) -> str:
        return str(self.parsed["Subject"] or "(no subject)")

    @property
    def sender(self) -> str:
        return str(self.parsed["From"] or "")

    @property
    def recipients(self) -> str:
        return str(self.parsed["To"] or "")

    @property
    def sent_at(self) -> datetime:
        return parsedate_to_datetime(str(self.parsed["Date"]))

    @property
    def text(self) -> str:
        return self._body("plain")

    @property
    def html(self) -> str:
        return self._body("html")

    def _body(self, kind: str) -> str:
        part = self.parsed.get_body(preferencelist=(kind,))
        return str(part.get_content()) if part is not None else ""

    @property
    def links(self) -> list[str]:
        """Every address in the text, for tests that follow them."""
        return re.findall(r"https?://[^\s<>\"]+", self.text)


def messages(*, recipient: str = "", limit: int = 200) -> list[Mail]:
    """Return the newest messages first, those to one address when it is given."""
    found: list[Mail] = []
    for path in sorted(_box().glob("*.eml"), reverse=True):
        mail = _read(path)
        if recipient.lower() in mail.recipients.lower():
            found.append(mail)
        if len(found) == limit:
            break
    return found


def message(*, mail_id: str) -> Mail | None:
    """Return one message by its id."""
    path = _box() / f"{mail_id}.eml"
    return _read(path) if _NAME.fullmatch(mail_id) and path.is_file() else None


def empty() -> None:
    """Throw every message away."""
    for path in _box().glob("*.eml"):
        path.unlink(missing_ok=True)


def _box() -> Path:
    return Path(settings.MAILBOX_ROOT)  # type: ignore[misc]  # in development's settings only


def _read(path: Path) -> Mail:
    with path.open("rb") as file:
        parsed = email.message_from_binary_file(file, policy=email.policy.default)
    return Mail(id=path.stem, parsed=parsed)

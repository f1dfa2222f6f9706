"""Writes. Issuing lies in `issuing`; setting the paper happens outside transactions."""

import hashlib
import re
from dataclasses import asdict
from datetime import UTC

import structlog
from django.core.files.base import ContentFile
from django.core.files.storage import Storage, storages
from django.db import transaction
from django.db.models.functions import ExtractYear, Now

from commerce.accounts import operations as accounts
from commerce.accounts.types import AddressData
from commerce.kernel.confinement import unconfined

from . import rendering
from .customs_paper import customs_pdf
from .issuing import NotBillable, issue_credit_note, issue_invoice, issue_receipt
from .models import Document, Letterhead, Rendering
from .rendering import NotRendered
from .types import LetterheadData

__all__ = [
    "InvalidLetterhead",
    "NotBillable",
    "NotRendered",
    "customs_pdf",
    "forget_buyers",
    "issue_credit_note",
    "issue_invoice",
    "issue_receipt",
    "pdf_of",
    "render",
    "save_letterhead",
]

log = structlog.get_logger(__name__)

_VAT_ID = re.compile(r"[A-Z]{2}[0-9A-Z+*]{2,13}")


class InvalidLetterhead(Exception):
    """What a seller told for its documents cannot be; one sentence by field."""

    def __init__(self, errors: dict[str, str]) -> None:
        self.errors = errors
        super().__init__("; ".join(errors.values()))


def save_letterhead(*, seller_id: int, letterhead: LetterheadData) -> None:
    """Set the address and tax numbers that the seller's documents show from now on.

    Documents that were issued keep what they say. Raises InvalidLetterhead.
    """
    told = asdict(letterhead)
    told["vat_id"] = re.sub(r"[\s.-]", "", told["vat_id"]).upper()
    errors = {}
    if told["vat_id"] and not _VAT_ID.fullmatch(told["vat_id"]):
        errors["vat_id"] = "A VAT ID begins with two letters, such as DE123456789."
    try:
        # A person's name is no part of a letterhead, and the rules ask for one.
        checked = accounts.check_address(
            address=AddressData.from_dict({**told, "name": "-"})
        ).as_dict()
    except accounts.InvalidAddress as invalid:
        errors |= {key: words for key, words in invalid.errors.items() if key in told}
        checked = {}
    for key, value in told.items():
        longest = int(getattr(Letterhead._meta.get_field(key), "max_length", 0))
        if len(value) > longest:
            errors.setdefault(key, f"Write at most {longest} characters.")
    if errors:
        raise InvalidLetterhead(errors)
    told |= {key: value for key, value in checked.items() if key in told}
    Letterhead.objects.update_or_create(seller_id=seller_id, defaults={**told, "updated_at": Now()})


@unconfined()
def pdf_of(*, document_id: int) -> bytes:
    """Return the PDF of a document, setting it first when no worker has.

    Raises NotRendered, and Document.DoesNotExist.
    """
    found = Rendering.objects.filter(document_id=document_id).first()
    if found is not None:
        try:
            with _store().open(found.file) as handle:
                content: bytes = handle.read()
        except OSError:
            log.exception("documents.file_lost", document_id=document_id, file=found.file)
        else:
            if hashlib.sha256(content).hexdigest() == found.sha256:
                return content
            log.error("documents.file_changed", document_id=document_id, file=found.file)
        return _set(Document.objects.get(pk=document_id))
    return render(document_id=document_id)


@unconfined()
def render(*, document_id: int) -> bytes:
    """Set a document as PDF and keep it privately; returns it. Repeating gives the same bytes.

    Setting takes time and the store may be a network away, so callers hold no locks.
    Raises NotRendered, and Document.DoesNotExist.
    """
    document = Document.objects.get(pk=document_id)
    pdf = _set(document)
    folder = f"seller-{document.seller_id}" if document.seller_id else "receipts"
    name = _store().save(
        f"documents/{folder}/{document.year}/{document.number}.pdf", ContentFile(pdf)
    )
    Rendering.objects.bulk_create(
        [
            Rendering(
                document_id=document_id,
                file=name,
                sha256=hashlib.sha256(pdf).hexdigest(),
                size=len(pdf),
            )
        ],
        ignore_conflicts=True,
    )
    if not Rendering.objects.filter(document_id=document_id, file=name).exists():
        _store().delete(name)  # another worker was faster
    return pdf


def forget_buyers(*, limit: int = 500) -> int:
    """Take the buyer out of documents older than the seven full years they are kept for.

    The amounts stay; the paper with the name on it goes. Returns how many there were.
    """
    old = list(
        Document.objects.filter(
            parties__isnull=False, year__lt=ExtractYear(Now(), tzinfo=UTC) - 7
        ).values_list("pk", flat=True)[:limit]
    )
    kept = list(Rendering.objects.filter(document_id__in=old))
    with transaction.atomic():
        Rendering.objects.filter(pk__in=[each.pk for each in kept]).delete()
        Document.objects.filter(pk__in=old).update(parties=None)
    for each in kept:
        _store().delete(each.file)
    return len(old)


def _set(document: Document) -> bytes:
    return rendering.as_pdf(
        kind=document.kind,
        number=document.number,
        issued_at=document.issued_at,
        content=document.content,
        parties=document.parties,
    )


def _store() -> Storage:
    return storages["private"]

"""Where labels are kept: in the private store, under names that nobody guesses."""

from typing import Any

from django.core.files.storage import Storage, storages

from commerce.kernel.tokens import new_token


def private_store() -> Storage:
    return storages["private"]


def label_path(label: Any, filename: str) -> str:
    ending = filename.rsplit(".", 1)[-1].lower()
    return f"labels/{new_token()}.{'pdf' if ending == 'pdf' else 'png'}"

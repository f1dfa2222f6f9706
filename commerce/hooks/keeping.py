"""How the secrets of addresses are kept; apart from the models, as a migration uses it too."""

from typing import Any

from commerce.kernel.sealing import seal, unseal


def reseal(model: Any) -> int:
    """Seal every address's secret under the first key; returns how many. Raises CannotOpen."""
    count = 0
    for row in model.objects.select_for_update().order_by("pk").iterator(chunk_size=500):
        row.secret = seal(unseal(row.secret))
        row.save(update_fields=["secret"])
        count += 1
    return count

"""What the catalog and pricing refuse, in a seller's words."""

from commerce.catalog import operations as catalog
from commerce.pricing.operations import InvalidPrice

from .proposals import WaitsAlready

ALL = (
    catalog.SkuTaken,
    catalog.DuplicateSku,
    catalog.DuplicateCombination,
    catalog.TooManyVariants,
    catalog.HandleTaken,
    InvalidPrice,
    WaitsAlready,
)


def sentence(error: Exception) -> str:
    """Say to a seller what is wrong and what to do."""
    match error:
        case catalog.SkuTaken():
            return "This SKU is in use already. Choose another."
        case catalog.DuplicateSku():
            return "This SKU stands in two rows."
        case catalog.DuplicateCombination():
            return f"Two rows are {' / '.join(error.values)}."
        case catalog.HandleTaken():
            return "Somebody of your shop just made a product of this name. Try again."
        case InvalidPrice():
            return error.reason
        case _:
            return str(error)

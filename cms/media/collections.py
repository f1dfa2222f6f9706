"""Where pictures belong: each seller's in a collection of its own, the marketplace's in one too."""

from wagtail.models import Collection

SHOP = "Shop"


def shop_collection() -> Collection:
    """Return the collection of the marketplace's own pictures, made when it is missing.

    Rights to the root would reach into every seller's collection; rights to this one do not.
    """
    root = Collection.get_first_root_node()
    existing = root.get_children().filter(name=SHOP).first()
    return existing or root.add_child(name=SHOP)

"""Editors look after the marketplace's own pictures, and no longer after every seller's."""

from django.db import migrations

DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
STEP = 4


def move(apps, schema_editor):
    Collection = apps.get_model("wagtailcore", "Collection")
    root = Collection.objects.filter(depth=1).order_by("path").first()
    if root is None:
        return
    below = Collection.objects.filter(depth=2, path__startswith=root.path)
    shop = below.filter(name="Shop").first() or _add(root, below)
    apps.get_model("wagtailcore", "GroupCollectionPermission").objects.filter(
        group__name="Editors",
        collection=root,
        permission__content_type__app_label__in=["wagtailimages", "wagtaildocs"],
    ).update(collection=shop)
    for model in ("ShopImage", "ShopDocument"):
        apps.get_model("media", model).objects.filter(collection=root).update(collection=shop)


def _add(root, below):
    """Treebeard's own way is closed to a migration: the next path is one step further."""
    last = below.order_by("-path").values_list("path", flat=True).first()
    number = int(last[-STEP:], 36) + 1 if last else 1
    step = ""
    for _ in range(STEP):
        number, digit = divmod(number, 36)
        step = DIGITS[digit] + step
    root.numchild += 1
    root.save(update_fields=["numchild"])
    return type(root).objects.create(name="Shop", depth=2, path=root.path + step, numchild=0)


class Migration(migrations.Migration):
    dependencies = [
        ("media", "0002_shopimage_sources"),
        ("wagtailcore", "0098_apitoken"),
        ("wagtailimages", "0027_image_description"),
        ("wagtaildocs", "0014_alter_document_file_size"),
    ]

    operations = [migrations.RunPython(move, migrations.RunPython.noop)]

"""Whose pictures an editor of content may touch."""

import importlib

import pytest
from django.apps import apps
from django.contrib.auth.models import Group, Permission
from wagtail.images.permissions import permission_policy
from wagtail.models import Collection, GroupCollectionPermission

from cms.media.collections import shop_collection
from tests.factories.accounts import make_user
from tests.factories.pages import an_image
from tests.factories.selling import open_shop, signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def editor():
    user = make_user()
    group = Group.objects.get(name="Editors")
    group.permissions.add(Permission.objects.get(codename="access_admin"))
    user.groups.add(group)
    return user


def test_editors_have_the_pictures_of_the_shop_and_of_no_seller(editor):
    shop = open_shop("Acme")
    sellers = an_image("seller's", collection=shop.workspace.collection)
    own = an_image("shop's", collection=shop_collection())

    found = set(permission_policy.instances_user_has_permission_for(editor, "change"))

    assert found == {own}
    client = signed_in(editor)
    assert client.get(f"/admin/images/{own.pk}/").status_code == 200
    assert client.get(f"/admin/images/{sellers.pk}/").status_code == 302
    assert client.post(f"/admin/images/{sellers.pk}/delete/").status_code == 302
    sellers.refresh_from_db()


def test_the_root_gives_editors_nothing():
    root = Collection.get_first_root_node()
    kept = GroupCollectionPermission.objects.filter(group__name="Editors", collection=root)

    assert not kept.filter(permission__content_type__app_label="wagtailimages").exists()


def test_what_lay_at_the_root_is_moved_and_the_tree_stays_whole():
    root = Collection.get_first_root_node()
    shop_collection().delete()
    open_shop("Acme")
    image = an_image(collection=root)
    move = importlib.import_module("cms.media.migrations.0003_shop_collection").move

    move(apps, None)
    move(apps, None)

    image.refresh_from_db()
    assert image.collection == shop_collection()
    assert Collection.find_problems() == ([], [], [], [], [])
    assert Collection.objects.filter(name="Shop").count() == 1
    assert root.add_child(name="Another").depth == 2

"""People of the demo. They are made here alone, and only in development."""

from dataclasses import dataclass
from functools import cache

from allauth.account.models import EmailAddress
from django.contrib.auth import get_user_model
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Group, Permission
from wagtail.models import Collection, GroupCollectionPermission, GroupPagePermission, Page

from cms.backoffice.operations import grant_staff_permissions
from cms.backoffice.rights import ADMINISTRATORS, EDITORS
from cms.media.collections import shop_collection
from cms.pages.models import HomePage, SellerIndexPage
from cms.selling.operations import MODERATORS

PASSWORD = "Colonnade-26"  # noqa: S105 - printed on purpose


@dataclass(frozen=True)
class Account:
    role: str
    email: str
    name: str
    group: str = ""
    is_superuser: bool = False


STAFF = (
    Account("shopper", "shopper@stoa.example", "Sam Shopper"),
    Account("content editor", "editor@stoa.example", "Elif Editor", EDITORS),
    Account("moderator", "moderator@stoa.example", "Mona Moderator", MODERATORS),
    Account("administrator", "admin@stoa.example", "Ari Administrator", ADMINISTRATORS),
    Account(
        "super-administrator", "super@stoa.example", "Sol Super", ADMINISTRATORS, is_superuser=True
    ),
)
SELLER_ROLES = ("owner", "editor", "packer")


def seller_account(slug: str, shop: str, role: str) -> Account:
    local = slug if role == "owner" else f"{slug}-{role}"
    return Account(f"seller {role} of {shop}", f"{local}@stoa.example", f"{role.title()} of {shop}")


def ensure_user(account: Account) -> int:
    """Return the account's user, made with the demo password when missing."""
    users = get_user_model().objects
    user = users.filter(email=account.email).first()
    if user is None:
        first, _, last = account.name.partition(" ")
        user = users.create(
            email=account.email,
            password=_hash(),
            first_name=first,
            last_name=last,
            is_staff=bool(account.group),
            is_superuser=account.is_superuser,
        )
        EmailAddress.objects.create(user=user, email=account.email, verified=True, primary=True)
    if account.group:
        user.groups.add(Group.objects.get(name=account.group))
    return int(user.pk)


@cache
def _hash() -> str:
    """Hash the password of everybody once: hashing is slow on purpose."""
    return make_password(PASSWORD)


def ensure_groups() -> None:
    """Make the groups of staff: editors of content, moderators, administrators."""
    home, sellers = HomePage.objects.order_by("pk")[0], SellerIndexPage.objects.order_by("pk")[0]
    editors, moderators, administrators = (
        Group.objects.get_or_create(name=name)[0] for name in (EDITORS, MODERATORS, ADMINISTRATORS)
    )
    GroupPagePermission.objects.filter(group__in=[editors, moderators, administrators]).delete()
    below = [page for page in home.get_children() if page.pk != sellers.pk]
    content = ("add_page", "change_page", "publish_page", "lock_page", "unlock_page")
    _pages(editors, [home, *below], content)
    _pages(moderators, [sellers], ("change_page", "publish_page", "lock_page", "unlock_page"))
    root = Page.objects.get(depth=1)
    _pages(administrators, [root], (*content, "bulk_delete_page"))
    for group in (editors, moderators, administrators):
        group.permissions.add(Permission.objects.get(codename="access_admin"))
    settings = ("change_shopsettings", "change_navigation")
    editors.permissions.add(*Permission.objects.filter(codename__in=settings))
    editors.permissions.add(*Permission.objects.filter(content_type__app_label="wagtailredirects"))
    administrators.permissions.set(Permission.objects.all())
    grant_staff_permissions(moderators=moderators, administrators=administrators)
    _pictures(editors, shop_collection())
    _pictures(administrators, Collection.get_first_root_node())


def _pages(group: Group, pages: list[Page], codenames: tuple[str, ...]) -> None:
    permissions = Permission.objects.filter(
        content_type__app_label="wagtailcore", codename__in=codenames
    )
    GroupPagePermission.objects.bulk_create(
        [
            GroupPagePermission(group=group, page=page, permission=permission)
            for page in pages
            for permission in permissions
        ]
    )


def _pictures(group: Group, collection: Collection) -> None:
    """Give a group the pictures of one collection, and of those below it, and no others."""
    GroupCollectionPermission.objects.filter(group=group).exclude(collection=collection).delete()
    for permission in Permission.objects.filter(
        content_type__app_label__in=["wagtailimages", "wagtaildocs"],
        codename__in=[
            f"{verb}_{kind}"
            for verb in ("add", "change", "choose")
            for kind in ("image", "document")
        ],
    ):
        GroupCollectionPermission.objects.get_or_create(
            group=group, collection=collection, permission=permission
        )

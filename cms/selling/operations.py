"""A seller's place in the admin."""

from django.contrib.auth.models import Group, Permission
from django.db import transaction
from wagtail.models import (
    Collection,
    GroupApprovalTask,
    GroupCollectionPermission,
    GroupPagePermission,
    Workflow,
    WorkflowPage,
    WorkflowTask,
)

from cms.pages.models import SellerIndexPage, SellerPage
from cms.pages.operations import ensure_site
from commerce.accounts.models import User
from commerce.sellers import operations as seller_operations
from commerce.sellers import queries as sellers
from commerce.sellers.types import SellerData

from .models import Workspace
from .queries import SELLERS

MODERATORS = "Moderators"
MODERATION = "Moderation of sellers' pages"
PAGE_PERMISSIONS = ("add_page", "change_page")
# Wagtail asks for rights to its own image model, whichever model the pictures are of.
IMAGE_PERMISSIONS = ("add_image", "change_image", "choose_image")
WRITERS = ("owner", "editor")


@transaction.atomic
def open_workspace(*, seller_id: int) -> Workspace:
    """Return a seller's workspace: its page, its people's group, its collection of pictures.

    It is made when it is missing. A seller that is not trusted has its pages
    moderated; a trusted one publishes by itself.
    """
    workspaces = Workspace.objects.select_related("page", "group", "collection")
    existing = workspaces.filter(seller_id=seller_id).first()
    if existing is not None:
        return existing
    seller = sellers.sellers(seller_ids=[seller_id])[seller_id]
    workspace = Workspace.objects.create(
        seller_id=seller_id,
        page=_page(seller),
        group=Group.objects.create(name=f"{seller.name[:100]} (seller {seller_id})"),
        collection=_collection(seller),
    )
    _allow(workspace)
    set_moderation(workspace=workspace, trusted=seller.trusted)
    for member in sellers.members(seller_ids=[seller_id])[seller_id]:
        admit(seller_id=seller_id, user_id=member.user_id, role=member.role)
    return workspace


def admit(*, seller_id: int, user_id: int, role: str) -> None:
    """Let a person into the admin as one of a seller's people; packers touch no pages."""
    workspace = Workspace.objects.filter(seller_id=seller_id).first()
    if workspace is None:
        return
    user = User.objects.get(pk=user_id)
    user.groups.add(_sellers_group())
    if role in WRITERS:
        user.groups.add(workspace.group_id)
    else:
        user.groups.remove(workspace.group_id)


def dismiss(*, seller_id: int, user_id: int) -> None:
    """Take a person out of a seller's groups; repeating it changes nothing."""
    user = User.objects.get(pk=user_id)
    workspace = Workspace.objects.filter(seller_id=seller_id).first()
    if workspace is not None:
        user.groups.remove(workspace.group_id)
    user.groups.remove(_sellers_group())


@transaction.atomic
def trust(*, seller_id: int, trusted: bool) -> None:
    """Let a seller publish by itself, or have its pages moderated again.

    Raises the sellers' SellerNotFound.
    """
    seller_operations.trust(seller_id=seller_id, trusted=trusted)
    workspace = Workspace.objects.filter(seller_id=seller_id).first()
    if workspace is not None:
        set_moderation(workspace=workspace, trusted=trusted)


def set_moderation(*, workspace: Workspace, trusted: bool) -> None:
    """Moderate a seller's pages, or let it publish by itself."""
    publish = Permission.objects.get(codename="publish_page")
    if trusted:
        GroupPagePermission.objects.get_or_create(
            group_id=workspace.group_id, page_id=workspace.page_id, permission=publish
        )
        WorkflowPage.objects.filter(page_id=workspace.page_id).delete()
        return
    GroupPagePermission.objects.filter(
        group_id=workspace.group_id, page_id=workspace.page_id, permission=publish
    ).delete()
    WorkflowPage.objects.update_or_create(
        page_id=workspace.page_id, defaults={"workflow": moderation_workflow()}
    )


def moderation_workflow() -> Workflow:
    """Return the workflow of sellers' pages, made when missing: one approval by a moderator."""
    workflow, created = Workflow.objects.get_or_create(name=MODERATION)
    if created:
        group, _ = Group.objects.get_or_create(name=MODERATORS)
        task = GroupApprovalTask.objects.create(name="Approval by a moderator")
        task.groups.add(group)
        WorkflowTask.objects.create(workflow=workflow, task=task, sort_order=0)
    return workflow


def _page(seller: SellerData) -> SellerPage:
    existing = SellerPage.objects.filter(seller_id=seller.id, alias_of=None).first()
    if existing is not None:
        return existing
    ensure_site()
    index = SellerIndexPage.objects.order_by("pk")[0]
    page = index.add_child(
        instance=SellerPage(title=seller.name, slug=seller.slug, seller_id=seller.id, live=False)
    )
    page.save_revision().publish()
    page.refresh_from_db()
    return page


def _collection(seller: SellerData) -> Collection:
    root = Collection.get_first_root_node()
    return root.add_child(name=f"{seller.name} (seller {seller.id})")


def _sellers_group() -> Group:
    group, created = Group.objects.get_or_create(name=SELLERS)
    if created:
        group.permissions.add(Permission.objects.get(codename="access_admin"))
    return group


def _allow(workspace: Workspace) -> None:
    page_rights = Permission.objects.filter(
        content_type__app_label="wagtailcore", codename__in=PAGE_PERMISSIONS
    )
    for permission in page_rights:
        GroupPagePermission.objects.create(
            group_id=workspace.group_id, page_id=workspace.page_id, permission=permission
        )
    image_rights = Permission.objects.filter(
        content_type__app_label="wagtailimages", codename__in=IMAGE_PERMISSIONS
    )
    for permission in image_rights:
        GroupCollectionPermission.objects.create(
            group_id=workspace.group_id,
            collection_id=workspace.collection_id,
            permission=permission,
        )

"""What a seller may reach of the Wagtail admin. Every address is named; the rest is refused.

`POLICIES` covers the whole admin: an address that is missing here fails a test,
so a Wagtail upgrade or a new screen cannot open a door by itself.
"""

from collections.abc import Iterable
from enum import Enum


class Door(Enum):
    """How an address treats a seller's people."""

    REFUSED = "answers 404"
    OPEN = "holds nothing of anybody"
    OWN_PAGE = "the page lies in the seller's own subtree"
    OWN_PRODUCT_PAGE = "the page lies below the seller's own, which itself stays"
    OWN_IMAGE = "the image lies in the seller's own collection"
    OWN_IMAGES = "all images asked for lie in the seller's own collection"
    SCOPED = "the view or a hook limits it to the seller's own"
    PAGE_CHOICE = "a chooser below a page that sellers may pick from"
    DETOUR = "leads to the seller's own screen instead"


class Work(Enum):
    """Which of a seller's people may enter."""

    ANYONE = ("owner", "editor", "packer")
    CONTENT = ("owner", "editor")
    DECISIONS = CONTENT  # what shoppers are given back; packers pack, and say what came
    MONEY = ("owner",)


_OPEN = [
    "wagtailadmin_logout",
    "wagtailadmin_account",
    "wagtailadmin_dismissibles",
    "wagtailadmin_javascript_catalog",
    "wagtailadmin_sprite",
    "wagtailadmin_login",
    "admin-login",
    "wagtail_modeladmin:javascript_catalog",
]
_SCOPED = ["wagtailadmin_home"]
_OWN_PAGE = [
    "wagtailadmin_pages:edit",
    "wagtailadmin_pages:preview_on_edit",
    "wagtailadmin_pages:view_draft",
    "wagtailadmin_pages:confirm_workflow_cancellation",
    "wagtailadmin_pages:revisions_index",
    "wagtailadmin_pages:revisions_view",
    "wagtailadmin_pages:revisions_revert",
    "wagtailadmin_pages:revisions_unschedule",
    "wagtailadmin_pages:revisions_compare",
    "wagtailadmin_pages:workflow_history",
    "wagtailadmin_pages:workflow_history_detail",
    "wagtailadmin_pages:history",
    "wagtailadmin_pages:history_results",
    "wagtailadmin_pages:usage",
    "wagtailadmin_editing_sessions:ping",
    "wagtailadmin_editing_sessions:release",
]
_OWN_PRODUCT_PAGE = ["wagtailadmin_pages:delete", "wagtailadmin_pages:unpublish"]
_OWN_IMAGE = [
    "wagtailimages:edit",
    "wagtailimages:edit_multiple",
    "wagtailimages:delete",
    "wagtailimages:delete_multiple",
    "wagtailimages:image_usage",
    "wagtailimages_chooser:chosen",
    "wagtailimages_chooser:select_format",
]
_OWN_IMAGES = ["wagtailimages_chooser:chosen_multiple"]
_SCOPED_CONTENT = [
    "wagtailimages:add",
    "wagtailimages:add_multiple",
    "wagtailimages:create_multiple_from_uploaded_image",
    "wagtailimages:delete_upload_multiple",
    "wagtailimages_chooser:choose",
    "wagtailimages_chooser:choose_results",
    "wagtailimages_chooser:create",
]
_PAGE_CHOICE = [
    "wagtailadmin_choose_page",
    "wagtailadmin_choose_page_child",
    "wagtailadmin_choose_page_search",
]
# Wagtail's listings filter by people and tags of the whole marketplace; ours do not.
_DETOURS = {
    "wagtailadmin_explore": "selling:products",
    "wagtailadmin_explore_root": "selling:products",
    "wagtailimages:index": "selling:pictures",
}

# Here row-level security does not follow the seller's people, because it is not a seller's rows
# that are at stake.
NOT_CONFINED = {
    "wagtailadmin_account": "the person's own name and settings, whoever they work for",
    "wagtailadmin_login": "nobody is let in yet",
    "admin-login": "nobody is let in yet",
    "wagtailadmin_logout": "the person's own session",
}

Policy = tuple[Door, Work]

POLICIES: dict[str, Policy] = {
    **dict.fromkeys(_OPEN, (Door.OPEN, Work.ANYONE)),
    **dict.fromkeys(_SCOPED, (Door.SCOPED, Work.ANYONE)),
    **dict.fromkeys(_OWN_PAGE, (Door.OWN_PAGE, Work.CONTENT)),
    **dict.fromkeys(_OWN_PRODUCT_PAGE, (Door.OWN_PRODUCT_PAGE, Work.CONTENT)),
    **dict.fromkeys(_OWN_IMAGE, (Door.OWN_IMAGE, Work.CONTENT)),
    **dict.fromkeys(_OWN_IMAGES, (Door.OWN_IMAGES, Work.CONTENT)),
    **dict.fromkeys(_SCOPED_CONTENT, (Door.SCOPED, Work.CONTENT)),
    **dict.fromkeys(_PAGE_CHOICE, (Door.PAGE_CHOICE, Work.CONTENT)),
    **dict.fromkeys(_DETOURS, (Door.DETOUR, Work.CONTENT)),
}

# Addresses of Wagtail and of our back office that exist and that no seller enters. Those without
# a name go by their view.
REFUSED_NAMES = {
    "django.views.generic.base.TemplateView",
    "wagtail.admin.views.home.default",
    "wagtailadmin_error_test",
    "wagtailadmin_explore_results",
    "wagtail_bulk_action",
    "wagtailadmin_pages:add",
    "wagtailadmin_pages:preview_on_add",
    "wagtailadmin_pages:type_use",
    "wagtailadmin_pages:choose_parent",
    "wagtailadmin_pages:type_use_results",
    "wagtailadmin_pages:add_subpage",
    "wagtailadmin_pages:convert_alias",
    "wagtailadmin_pages:search",
    "wagtailadmin_pages:search_results",
    "wagtailadmin_pages:move",
    "wagtailadmin_pages:move_confirm",
    "wagtailadmin_pages:set_page_position",
    "wagtailadmin_pages:copy",
    "wagtailadmin_pages:workflow_action",
    "wagtailadmin_pages:collect_workflow_action_data",
    "wagtailadmin_pages:workflow_preview",
    "wagtailadmin_pages:set_privacy",
    "wagtailadmin_pages:lock",
    "wagtailadmin_pages:unlock",
    "wagtailadmin_choose_page_chosen_multiple",
    "wagtailadmin_choose_page_external_link",
    "wagtailadmin_choose_page_email_link",
    "wagtailadmin_choose_page_phone_link",
    "wagtailadmin_choose_page_anchor_link",
    "wagtailadmin_tag_autocomplete",
    "wagtailadmin_tag_model_autocomplete",
    "wagtailadmin_block_preview",
    "wagtailadmin_password_reset",
    "wagtailadmin_password_reset_done",
    "wagtailadmin_password_reset_confirm",
    "wagtailadmin_password_reset_complete",
    "wagtailimages:index_results",
    "wagtailimages:url_generator",
    "wagtailimages:url_generator_output",
    "wagtailimages:preview",
}
REFUSED_NAMESPACES = {
    "wagtailadmin_api",
    "wagtailadmin_collections",
    "wagtailadmin_workflows",
    "wagtailadmin_reports",
    "wagtailforms",
    "wagtailredirects",
    "wagtailsettings",
    "wagtailembeds",
    "wagtailsnippets",
    "wagtaildocs",
    "wagtaildocs_chooser",
    "wagtailsites",
    "wagtailusers_users",
    "wagtailusers_groups",
}


def declare(name: str, door: Door, work: Work) -> None:
    """Open one of our own seller screens. Raises ValueError when it is declared already."""
    if name in POLICIES:
        raise ValueError(f"{name} has a policy already")
    POLICIES[name] = (door, work)


def refuse_namespace(namespace: str) -> None:
    """State that a namespace of the back office is for staff alone."""
    REFUSED_NAMESPACES.add(namespace)


def refuse_names(names: Iterable[str]) -> None:
    """State that addresses without a namespace are for staff alone."""
    REFUSED_NAMES.update(names)


def detour_of(name: str) -> str:
    """Return the name of the screen to which an address leads sellers instead."""
    return _DETOURS[name]


def policy_of(name: str) -> Policy | None:
    """Return what is declared for a view name; None when nothing is."""
    if name in POLICIES:
        return POLICIES[name]
    if name in REFUSED_NAMES or name.split(":")[0] in REFUSED_NAMESPACES:
        return (Door.REFUSED, Work.ANYONE)
    return None

from commerce.outbox.facts import subscribe
from commerce.sellers.events import (
    MemberAdded,
    MemberRemoved,
    MemberRoleChanged,
    SellerApproved,
)

from . import operations


@subscribe(SellerApproved)
def open_workspace(fact: SellerApproved) -> None:
    operations.open_workspace(seller_id=fact.seller_id)


@subscribe(MemberAdded)
def admit_member(fact: MemberAdded) -> None:
    operations.admit(seller_id=fact.seller_id, user_id=fact.user_id, role=fact.role)


@subscribe(MemberRoleChanged)
def follow_role(fact: MemberRoleChanged) -> None:
    operations.admit(seller_id=fact.seller_id, user_id=fact.user_id, role=fact.to_role)


@subscribe(MemberRemoved)
def dismiss_member(fact: MemberRemoved) -> None:
    operations.dismiss(seller_id=fact.seller_id, user_id=fact.user_id)

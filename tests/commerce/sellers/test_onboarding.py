import pytest
from django.db import Error, IntegrityError, transaction

from commerce.kernel import clock
from commerce.outbox.models import Event
from commerce.sellers import operations, queries
from commerce.sellers.models import Application, CommissionAgreement, Member, Seller
from tests.factories.accounts import make_user

pytestmark = pytest.mark.django_db

WISH = {
    "shop_name": "Brook & Clay",
    "legal_name": "Brook Ceramics LLC",
    "email": "hello@brook.example",
    "country": "us",
    "about": "Stoneware for every day.",
}


def apply(user, **changes):
    return operations.apply(user_id=user.pk, **{**WISH, **changes})


def approve(application_id, *, rate_bps=1000):
    return operations.approve(
        application_id=application_id, decided_by=make_user(is_staff=True).pk, rate_bps=rate_bps
    )


def facts():
    return list(Event.objects.order_by("occurred_at").values_list("name", flat=True))


def test_an_application_waits_for_staff():
    user = make_user()
    application_id = apply(user)

    application = queries.applications(application_ids=[application_id])[application_id]
    assert (application.state, application.country, application.user_id) == (
        "submitted",
        "US",
        user.pk,
    )
    assert queries.open_applications() == 1
    assert facts() == ["sellers.application-received.v1"]


def test_each_wrong_field_has_its_own_remedy():
    with pytest.raises(operations.InvalidApplication) as refused:
        apply(make_user(), shop_name="!", legal_name=" ", email="x", country="XX", about="")
    assert refused.value.errors == {
        "shop_name": "A shop’s name needs at least two letters or digits.",
        "legal_name": "Enter the name your business is registered under.",
        "email": "Enter an email address such as shop@example.com.",
        "country": "Choose the country your business is registered in.",
        "about": "Tell us in a sentence or two what you will sell.",
    }


def test_one_application_at_a_time():
    user = make_user()
    apply(user)
    with pytest.raises(operations.AlreadyApplied):
        apply(user, shop_name="Another Name")


def test_a_member_of_a_shop_cannot_apply():
    user = make_user()
    approve(apply(user))
    with pytest.raises(operations.AlreadySelling):
        apply(user, shop_name="Second Shop")


def test_approval_opens_a_shop_with_owner_and_commission():
    user = make_user()
    seller_id = approve(apply(user), rate_bps=1250)

    seller = queries.sellers(seller_ids=[seller_id])[seller_id]
    assert (seller.name, seller.slug, seller.state, seller.trusted) == (
        "Brook & Clay",
        "brook-clay",
        "active",
        False,
    )
    membership = queries.seller_of(user_id=user.pk)
    assert membership is not None
    assert (membership.seller_id, membership.role) == (seller_id, "owner")
    assert queries.commission_rates(seller_ids=[seller_id], at=clock.now()) == {seller_id: 1250}
    assert facts()[-1] == "sellers.seller-approved.v1"


def test_a_decision_is_final():
    application_id = apply(make_user())
    approve(application_id)
    with pytest.raises(operations.AlreadyDecided, match="approved already"):
        approve(application_id)
    with pytest.raises(operations.AlreadyDecided):
        operations.reject(
            application_id=application_id, decided_by=make_user().pk, reason="Changed our mind."
        )
    with pytest.raises(IntegrityError), transaction.atomic():
        Application.objects.filter(pk=application_id).update(state="rejected", seller=None)


def test_a_rejected_applicant_learns_why_and_may_try_again():
    user, staff = make_user(), make_user(is_staff=True)
    application_id = apply(user)
    with pytest.raises(operations.InvalidApplication, match="reason"):
        operations.reject(application_id=application_id, decided_by=staff.pk, reason=" ")
    operations.reject(application_id=application_id, decided_by=staff.pk, reason="No imprint.")

    rejected = queries.latest_application(user_id=user.pk)
    assert rejected is not None
    assert (rejected.state, rejected.reason, rejected.seller_id) == (
        "rejected",
        "No imprint.",
        None,
    )
    assert apply(user) != application_id


@pytest.mark.parametrize("name", ["Brook & Clay", "BROOK & CLAY", "  brook   &  clay "])
def test_a_name_is_taken_whatever_its_capitals(name):
    approve(apply(make_user()))
    with pytest.raises(operations.NameTaken):
        apply(make_user(), shop_name=name)


def test_two_waiting_applications_for_one_name_make_one_shop():
    first, second = apply(make_user()), apply(make_user())
    approve(first)
    with pytest.raises(operations.NameTaken):
        approve(second)
    assert Seller.objects.count() == 1
    assert queries.applications(application_ids=[second])[second].state == "submitted"


def test_names_that_look_alike_in_an_address_get_different_ones():
    first = approve(apply(make_user(), shop_name="Brook Clay"))
    second = approve(apply(make_user(), shop_name="Brook-Clay"))
    slugs = [data.slug for data in queries.sellers(seller_ids=[first, second]).values()]
    assert sorted(slugs) == ["brook-clay", "brook-clay-2"]


def test_a_name_in_another_script_still_has_an_address():
    seller_id = approve(apply(make_user(), shop_name="花屋"))
    assert queries.sellers(seller_ids=[seller_id])[seller_id].slug == "shop"


def test_hidden_marks_do_not_make_a_name_another():
    approve(apply(make_user()))
    with pytest.raises(operations.NameTaken):
        apply(make_user(), shop_name="Brook \u202e& Clay")


@pytest.mark.parametrize("name", ["Admin", "search", "x" * 81])
def test_some_names_are_not_to_be_had(name):
    with pytest.raises(operations.InvalidApplication):
        apply(make_user(), shop_name=name)


def test_renaming_moves_the_slug_and_says_so():
    seller_id = approve(apply(make_user()))
    operations.rename(seller_id=seller_id, name="Clay & Brook")
    seller = queries.seller_by_slug(slug="clay-brook")
    assert seller is not None
    assert seller.id == seller_id
    assert facts()[-1] == "sellers.seller-renamed.v1"


def test_renaming_to_a_name_in_use_is_refused():
    seller_id = approve(apply(make_user()))
    approve(apply(make_user(), shop_name="Other"))
    with pytest.raises(operations.NameTaken):
        operations.rename(seller_id=seller_id, name="OTHER")


def test_a_change_of_capitals_alone_is_a_rename():
    seller_id = approve(apply(make_user()))
    operations.rename(seller_id=seller_id, name="BROOK & CLAY")
    seller = queries.sellers(seller_ids=[seller_id])[seller_id]
    assert (seller.name, seller.slug) == ("BROOK & CLAY", "brook-clay")


def test_suspending_twice_reports_once():
    seller_id = approve(apply(make_user()))
    before = facts()
    operations.suspend(seller_id=seller_id, reason="Complaints.")
    operations.suspend(seller_id=seller_id, reason="Complaints.")
    assert queries.sellers(seller_ids=[seller_id])[seller_id].state == "suspended"
    assert facts() == [*before, "sellers.seller-suspended.v1"]

    operations.reinstate(seller_id=seller_id)
    operations.reinstate(seller_id=seller_id)
    assert queries.sellers(seller_ids=[seller_id])[seller_id].is_active
    assert facts()[-2:] == ["sellers.seller-suspended.v1", "sellers.seller-reinstated.v1"]


def test_a_shop_can_be_registered_without_an_application():
    owner = make_user()
    seller_id = operations.register(
        name="Luma",
        owner_id=owner.pk,
        legal_name="Luma Inc.",
        email="luma@example.com",
        country="US",
        rate_bps=900,
        trusted=True,
    )
    assert queries.sellers(seller_ids=[seller_id])[seller_id].trusted
    members = queries.members(seller_ids=[seller_id])[seller_id]
    assert [member.email for member in members] == [owner.email]


def test_a_new_rate_holds_from_its_day_and_leaves_the_past_alone():
    seller_id = approve(apply(make_user()), rate_bps=1000)
    before = clock.now()
    operations.agree_commission(seller_id=seller_id, rate_bps=800)
    assert queries.commission_rates(seller_ids=[seller_id], at=before) == {seller_id: 1000}
    assert queries.commission_rates(seller_ids=[seller_id], at=clock.now()) == {seller_id: 800}


def test_a_seller_without_an_agreement_is_not_guessed_at():
    with pytest.raises(queries.NoAgreement):
        queries.commission_rates(seller_ids=[1], at=clock.now())


@pytest.mark.parametrize("rate", [-1, 10_001])
def test_a_commission_is_a_share(rate):
    seller_id = approve(apply(make_user()))
    with pytest.raises(operations.InvalidRate):
        operations.agree_commission(seller_id=seller_id, rate_bps=rate)


def test_a_commission_cannot_be_agreed_for_the_past():
    before = clock.now()
    seller_id = approve(apply(make_user()))
    with pytest.raises(operations.InvalidRate, match="past"):
        operations.agree_commission(seller_id=seller_id, rate_bps=1, valid_from=before)


def test_the_database_keeps_agreements_as_they_were():
    seller_id = approve(apply(make_user()))
    agreements = CommissionAgreement.objects.filter(seller_id=seller_id)
    with pytest.raises(Error, match="never changed"), transaction.atomic():
        agreements.update(rate_bps=1)
    with pytest.raises(Error, match="never changed"), transaction.atomic():
        agreements.delete()


def test_people_join_and_leave_but_an_owner_stays():
    owner, packer = make_user(), make_user()
    seller_id = approve(apply(owner))
    operations.add_member(seller_id=seller_id, user_id=packer.pk, role="packer")
    roles = [member.role for member in queries.members(seller_ids=[seller_id])[seller_id]]
    assert roles == ["owner", "packer"]
    with pytest.raises(operations.LastOwner):
        operations.remove_member(seller_id=seller_id, user_id=owner.pk)
    operations.remove_member(seller_id=seller_id, user_id=packer.pk)
    assert list(Member.objects.values_list("user_id", flat=True)) == [owner.pk]


def test_one_person_serves_one_shop():
    first, second = make_user(), make_user()
    approve(apply(first))
    other = approve(apply(second, shop_name="Other"))
    with pytest.raises(operations.AlreadySelling):
        operations.add_member(seller_id=other, user_id=first.pk, role="editor")


def test_a_connected_account_belongs_to_one_seller():
    first, second = approve(apply(make_user())), approve(apply(make_user(), shop_name="Other"))
    operations.record_connected_account(
        seller_id=first, stripe_account_id="acct_1", payouts_enabled=True
    )
    found = queries.seller_by_account(stripe_account_id="acct_1")
    assert found is not None
    assert (found.id, found.payouts_enabled) == (first, True)
    with pytest.raises(IntegrityError), transaction.atomic():
        operations.record_connected_account(
            seller_id=second, stripe_account_id="acct_1", payouts_enabled=True
        )
    assert queries.seller_by_account(stripe_account_id="") is None


def test_sellers_are_read_in_one_statement(django_assert_num_queries):
    ids = [approve(apply(make_user(), shop_name=f"Shop {n}")) for n in range(3)]
    with django_assert_num_queries(1):
        assert sorted(queries.sellers(seller_ids=ids)) == sorted(ids)
    now = clock.now()
    with django_assert_num_queries(1):
        assert queries.commission_rates(seller_ids=ids, at=now).keys() == set(ids)

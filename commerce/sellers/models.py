from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower, Now


class Seller(models.Model):
    """A shop in the marketplace."""

    class State(models.TextChoices):
        ACTIVE = "active"
        SUSPENDED = "suspended"
        CLOSED = "closed"

    name = models.CharField(max_length=80, unique=True)
    slug = models.SlugField(max_length=80, unique=True)
    legal_name = models.CharField(max_length=120)
    email = models.EmailField()
    country = models.CharField(max_length=2)
    state = models.CharField(max_length=10, choices=State.choices, default=State.ACTIVE)
    suspension_reason = models.CharField(max_length=500, blank=True)
    trusted = models.BooleanField(default=False, help_text="Publishes without moderation.")
    stripe_account_id = models.CharField(max_length=60, blank=True)
    payouts_enabled = models.BooleanField(default=False)
    payouts_paused_until = models.DateTimeField(
        null=True, help_text="Set when bank details change: time for the owner to object."
    )
    bank_fingerprint = models.CharField(
        max_length=120, blank=True, db_default="", help_text="Tells one bank account from another."
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["stripe_account_id"],
                condition=~Q(stripe_account_id=""),
                name="one_seller_per_stripe_account",
            ),
            models.UniqueConstraint(Lower("name"), name="one_shop_per_name"),
        ]

    def __str__(self) -> str:
        return self.name


class Member(models.Model):
    """A person who works for a seller. One person serves one seller."""

    class Role(models.TextChoices):
        OWNER = "owner"
        EDITOR = "editor"
        PACKER = "packer"

    seller = models.ForeignKey(Seller, on_delete=models.PROTECT, related_name="members")
    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    role = models.CharField(max_length=10, choices=Role.choices)
    created_at = models.DateTimeField(auto_now_add=True)


class Invitation(models.Model):
    """Somebody is asked by mail to work for a seller; accepted once, taken back, or lapsed."""

    seller = models.ForeignKey(Seller, on_delete=models.PROTECT, related_name="invitations")
    email = models.EmailField()
    role = models.CharField(max_length=10, choices=Member.Role.choices)
    invited_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    created_at = models.DateTimeField(db_default=Now())
    expires_at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True)
    accepted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        indexes = [
            models.Index(
                fields=["seller", "-created_at"],
                condition=Q(settled_at=None),
                name="open_invitations",
            )
        ]


class TeamMove(models.Model):
    """One change of who works for a seller, and as what; written by trigger, append-only."""

    seller = models.ForeignKey(Seller, on_delete=models.PROTECT, related_name="+")
    person_id = models.PositiveBigIntegerField(help_text="The account's id, also once it is gone.")
    from_role = models.CharField(max_length=10, blank=True)
    to_role = models.CharField(max_length=10, blank=True)
    actor = models.CharField(max_length=80)
    at = models.DateTimeField(db_default=Now())

    class Meta:
        indexes = [models.Index(fields=["seller", "-at"], name="team_moves_of_seller")]


class Application(models.Model):
    """Somebody asks to sell; staff approve or reject, once."""

    class State(models.TextChoices):
        SUBMITTED = "submitted"
        APPROVED = "approved"
        REJECTED = "rejected"

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    shop_name = models.CharField(max_length=80)
    legal_name = models.CharField("registered name", max_length=120)
    email = models.EmailField("contact email")
    country = models.CharField(max_length=2)
    about = models.TextField("what will you sell?", max_length=2000)
    state = models.CharField(max_length=10, choices=State.choices, default=State.SUBMITTED)
    reason = models.TextField(blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    decided_at = models.DateTimeField(null=True)
    seller = models.OneToOneField(Seller, null=True, on_delete=models.PROTECT, related_name="+")
    submitted_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user"], condition=Q(state="submitted"), name="one_open_application"
            ),
            models.CheckConstraint(
                condition=Q(state="approved", seller__isnull=False)
                | (~Q(state="approved") & Q(seller__isnull=True)),
                name="approved_application_has_a_seller",
            ),
        ]

    def __str__(self) -> str:
        return self.shop_name


class CommissionAgreement(models.Model):
    """What the marketplace keeps of a seller's sales, from a moment on."""

    seller = models.ForeignKey(Seller, on_delete=models.PROTECT, related_name="agreements")
    rate_bps = models.PositiveIntegerField("rate in basis points")
    valid_from = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["seller", "valid_from"], name="one_rate_at_a_time"),
            models.CheckConstraint(condition=Q(rate_bps__lte=10_000), name="rate_is_a_share"),
        ]


class Plan(models.Model):
    """What sellers may subscribe to, at a monthly price; it may lower their commission."""

    code = models.SlugField(max_length=40, unique=True)
    name = models.CharField(max_length=60)
    description = models.CharField(max_length=300, blank=True)
    currency = models.CharField(max_length=3)
    monthly_minor = models.PositiveBigIntegerField("price of a month")
    is_offered = models.BooleanField("can be chosen", default=True)

    def __str__(self) -> str:
        return self.name


class Subscription(models.Model):
    """A seller on a plan; the price of the month is frozen when it is chosen."""

    seller = models.ForeignKey(Seller, on_delete=models.PROTECT, related_name="subscriptions")
    plan = models.ForeignKey(Plan, on_delete=models.PROTECT, related_name="+")
    currency = models.CharField(max_length=3)
    monthly_minor = models.PositiveBigIntegerField()
    started_at = models.DateTimeField(db_default=Now())
    paid_until = models.DateTimeField(db_default=Now())
    ends_at = models.DateTimeField(null=True, help_text="Set when it is canceled.")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["seller"], condition=Q(ends_at=None), name="one_running_subscription"
            )
        ]
        indexes = [models.Index(fields=["seller", "started_at"])]


class CommissionRule(models.Model):
    """A rate for a plan, a category or one seller in a category, from a moment to another.

    Empty fields mean everybody and everything. Which rule decides says commission.py.
    """

    seller = models.ForeignKey(Seller, null=True, on_delete=models.PROTECT, related_name="+")
    plan = models.ForeignKey(Plan, null=True, on_delete=models.PROTECT, related_name="+")
    category_key = models.UUIDField(null=True)
    label = models.CharField(max_length=80)
    rate_bps = models.PositiveIntegerField("rate in basis points")
    valid_from = models.DateTimeField(db_default=Now())
    valid_until = models.DateTimeField(null=True)
    made_by = models.CharField(max_length=80)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(rate_bps__lte=10_000), name="rule_is_a_share"),
            models.CheckConstraint(
                condition=Q(valid_until__isnull=True) | Q(valid_until__gt=F("valid_from")),
                name="rule_ends_after_it_begins",
            ),
            models.CheckConstraint(
                condition=Q(seller__isnull=True) | Q(plan__isnull=True),
                name="rule_is_for_a_seller_or_a_plan",
            ),
            models.CheckConstraint(
                condition=Q(seller__isnull=False)
                | Q(plan__isnull=False)
                | Q(category_key__isnull=False),
                name="rule_is_for_something",
            ),
        ]

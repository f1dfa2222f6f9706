from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now


class PayoutTerms(models.Model):
    """When and how much a seller is paid; the row without a seller speaks for all others."""

    class Schedule(models.TextChoices):
        DAILY = "daily"
        WEEKLY = "weekly"
        MONTHLY = "monthly"

    seller = models.OneToOneField(
        "sellers.Seller", null=True, on_delete=models.PROTECT, related_name="+"
    )
    schedule = models.CharField(max_length=8, choices=Schedule.choices, default=Schedule.DAILY)
    minimum_minor = models.PositiveBigIntegerField("least amount of a payout", default=0)
    hold_days = models.PositiveSmallIntegerField("days from delivery to payout", default=7)
    reserve_bps = models.PositiveIntegerField("share kept back, in basis points", default=0)
    reserve_days = models.PositiveSmallIntegerField("days a share is kept back", default=90)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["seller"], name="one_set_of_terms", nulls_distinct=False
            ),
            models.CheckConstraint(condition=Q(reserve_bps__lte=10_000), name="reserve_is_a_share"),
        ]


class Payout(models.Model):
    """What a seller is sent at once, through the connected account."""

    class State(models.TextChoices):
        CREATED = "created"
        SENDING = "sending"
        SENT = "sent"
        FAILED = "failed"

    seller = models.ForeignKey("sellers.Seller", on_delete=models.PROTECT, related_name="+")
    period = models.CharField(max_length=40, help_text="What it is for, such as 2026-11-20.")
    currency = models.CharField(max_length=3)
    amount_minor = models.PositiveBigIntegerField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.CREATED)
    provider_payout = models.CharField(max_length=120, null=True, unique=True)
    attempts = models.PositiveIntegerField(default=0)
    asked_at = models.DateTimeField(null=True, help_text="When the provider was first asked.")
    refusals = models.PositiveIntegerField(
        default=0, help_text="How often it said no; part of the key."
    )
    due_at = models.DateTimeField(db_default=Now(), help_text="When to try, or to look, again.")
    last_error = models.TextField(blank=True)
    created_at = models.DateTimeField(db_default=Now())
    sent_at = models.DateTimeField(null=True)
    arrived_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["seller", "currency", "period"], name="one_payout_per_period"
            ),
            models.CheckConstraint(condition=Q(amount_minor__gt=0), name="payout_is_positive"),
            models.CheckConstraint(
                condition=~Q(state="sent")
                | Q(provider_payout__isnull=False, sent_at__isnull=False),
                name="sent_payout_has_its_receipt",
            ),
        ]
        indexes = [
            models.Index(fields=["due_at"], condition=~Q(state="sent"), name="payouts_by_due_date"),
            models.Index(fields=["due_at"], condition=Q(state="sent"), name="payouts_to_look_at"),
            models.Index(fields=["seller", "-created_at"], name="payouts_of_seller"),
        ]


class PayoutMove(models.Model):
    """One change of a payout's state; written by trigger, append-only."""

    payout = models.ForeignKey(Payout, on_delete=models.PROTECT, related_name="moves")
    from_state = models.CharField(max_length=10, blank=True)
    to_state = models.CharField(max_length=10)
    actor = models.CharField(max_length=80)
    at = models.DateTimeField(db_default=Now())


class Earning(models.Model):
    """Money set aside for a seller; its net is paid by at most one payout.

    A sale is set aside once. What is kept back of it in reserve comes free later as an
    earning of its own, and so does what is given back, such as after a dispute was won.
    """

    class Kind(models.TextChoices):
        SALE = "sale"
        RESERVE = "reserve"
        CREDIT = "credit"

    seller = models.ForeignKey("sellers.Seller", on_delete=models.PROTECT, related_name="+")
    seller_order = models.ForeignKey(
        "orders.SellerOrder", null=True, on_delete=models.PROTECT, related_name="+"
    )
    kind = models.CharField(max_length=8, choices=Kind.choices, db_default=Kind.SALE)
    business_key = models.CharField(max_length=160, null=True, unique=True)
    currency = models.CharField(max_length=3)
    amount_minor = models.BigIntegerField()
    deducted_minor = models.PositiveBigIntegerField(
        db_default=0, help_text="Taken for deductions; written by a trigger on Absorption alone."
    )
    reserved_minor = models.PositiveBigIntegerField(
        db_default=0, help_text="Kept back; set aside anew as an earning of kind reserve."
    )
    net_minor = models.GeneratedField(
        expression=F("amount_minor") - F("deducted_minor") - F("reserved_minor"),
        output_field=models.BigIntegerField(),
        db_persist=True,
    )
    charge = models.CharField(
        max_length=120, blank=True, help_text="Where the money came from; empty: our balance."
    )
    available_at = models.DateTimeField(null=True, help_text="Set when the parcel is delivered.")
    payout = models.ForeignKey(Payout, null=True, on_delete=models.PROTECT, related_name="earnings")
    asked_at = models.DateTimeField(null=True, help_text="When the provider was first asked.")
    refusals = models.PositiveIntegerField(default=0)
    retry_at = models.DateTimeField(
        null=True, help_text="The provider refused it; not gathered again before."
    )
    refused_because = models.CharField(max_length=300, blank=True, db_default="")
    provider_transfer = models.CharField(max_length=120, null=True, unique=True)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["seller_order"], condition=Q(kind="sale"), name="one_sale_per_part"
            ),
            models.UniqueConstraint(
                fields=["seller_order"], condition=Q(kind="reserve"), name="one_reserve_per_part"
            ),
            models.CheckConstraint(
                condition=Q(kind="credit") | Q(seller_order__isnull=False),
                name="sale_has_its_part",
            ),
            models.CheckConstraint(
                condition=Q(kind="sale") | Q(amount_minor__gt=0, business_key__isnull=False),
                name="other_earnings_have_a_cause",
            ),
            models.CheckConstraint(
                condition=Q(amount_minor__lt=0, deducted_minor=0, reserved_minor=0)
                | Q(amount_minor__gte=F("deducted_minor") + F("reserved_minor")),
                name="never_take_more_than_was_earned",
            ),
            models.CheckConstraint(
                condition=Q(provider_transfer__isnull=True) | Q(payout__isnull=False),
                name="transferred_by_a_payout",
            ),
            models.CheckConstraint(
                condition=Q(payout__isnull=True) | Q(available_at__isnull=False),
                name="paid_out_when_available",
            ),
        ]
        indexes = [
            models.Index(
                fields=["seller", "available_at"],
                condition=Q(payout__isnull=True),
                name="earnings_waiting",
            ),
            models.Index(fields=["charge"], name="earnings_of_charge"),
        ]


class Deduction(models.Model):
    """What lessens a seller's money after the sale; recovered from earnings, carried till then."""

    class Kind(models.TextChoices):
        ADJUSTMENT = "adjustment", "Cancellation or refund"
        DISPUTE = "dispute", "Disputed payment"
        DISPUTE_FEE = "dispute_fee", "Fee of a dispute"
        SUBSCRIPTION = "subscription", "Plan"
        FEATURED = "featured", "Featured placement"
        LABEL = "label", "Shipping label"
        CORRECTION = "correction", "Correction by staff"

    seller = models.ForeignKey("sellers.Seller", on_delete=models.PROTECT, related_name="+")
    seller_order = models.ForeignKey(
        "orders.SellerOrder", null=True, on_delete=models.PROTECT, related_name="+"
    )
    kind = models.CharField(max_length=12, choices=Kind.choices)
    business_key = models.CharField(max_length=160, unique=True)
    currency = models.CharField(max_length=3)
    amount_minor = models.PositiveBigIntegerField()
    recovered_minor = models.PositiveBigIntegerField(
        db_default=0, help_text="Taken from earnings; written by a trigger on Absorption alone."
    )
    open_minor = models.GeneratedField(
        expression=F("amount_minor") - F("recovered_minor"),
        output_field=models.BigIntegerField(),
        db_persist=True,
    )
    memo = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(amount_minor__gt=0, recovered_minor__lte=F("amount_minor")),
                name="never_recover_more_than_was_deducted",
            )
        ]
        indexes = [
            models.Index(
                fields=["seller", "currency"],
                condition=Q(recovered_minor__lt=F("amount_minor")),
                name="deductions_open",
            ),
            models.Index(fields=["seller_order"], name="deductions_of_part"),
        ]


class Absorption(models.Model):
    """So much of a deduction was taken from an earning; append-only."""

    deduction = models.ForeignKey(Deduction, on_delete=models.PROTECT, related_name="absorptions")
    earning = models.ForeignKey(Earning, on_delete=models.PROTECT, related_name="absorptions")
    amount_minor = models.PositiveBigIntegerField()
    at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(amount_minor__gt=0), name="absorption_is_positive")
        ]


class FeaturedOffer(models.Model):
    """What a day of featured placement costs, and how many products have a place on it."""

    currency = models.CharField(max_length=3, unique=True)
    daily_minor = models.PositiveBigIntegerField("price of a day")
    places = models.PositiveSmallIntegerField("places a day")


class FeaturedDay(models.Model):
    """How many places of a day are taken."""

    day = models.DateField(primary_key=True)
    places = models.PositiveSmallIntegerField()
    taken = models.PositiveSmallIntegerField(default=0)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(taken__lte=F("places")), name="no_more_featured_than_places"
            )
        ]


class Featuring(models.Model):
    """A product that its seller pays to have featured on one day."""

    seller = models.ForeignKey("sellers.Seller", on_delete=models.PROTECT, related_name="+")
    product = models.ForeignKey("catalog.Product", on_delete=models.PROTECT, related_name="+")
    day = models.DateField()
    booking = models.UUIDField(help_text="The days that were booked and charged together.")
    booked_by = models.CharField(max_length=80)
    booked_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["product", "day"], name="featured_once_a_day")
        ]
        indexes = [
            models.Index(fields=["day"]),
            models.Index(fields=["seller", "-day"]),
        ]

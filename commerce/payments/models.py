from django.conf import settings
from django.db import models
from django.db.models import F, Q, Value
from django.db.models.functions import Now


class Payment(models.Model):
    """One attempt to take the money of an order, known here by its reference."""

    class State(models.TextChoices):
        CREATED = "created"
        PROCESSING = "processing"
        AUTHORIZED = "authorized"
        CAPTURED = "captured"
        FAILED = "failed"
        CANCELED = "canceled"
        ORPHAN = "orphan"
        REVIEW = "review"

    order_token = models.CharField(max_length=40)
    attempt = models.PositiveSmallIntegerField(default=1)
    idempotency_key = models.CharField(max_length=120, unique=True)
    provider = models.CharField(max_length=20, default="stripe")
    provider_session = models.CharField(max_length=120, null=True, unique=True)
    provider_payment = models.CharField(max_length=120, null=True, unique=True)
    provider_charge = models.CharField(max_length=120, null=True, unique=True)
    payment_url = models.URLField(max_length=1000, blank=True)
    success_url = models.URLField(max_length=500, blank=True, default="")
    cancel_url = models.URLField(max_length=500, blank=True, default="")
    expires_at = models.DateTimeField(
        db_default=Now(), help_text="When the payment page closes; fixed by the key."
    )
    refusals = models.PositiveSmallIntegerField(
        default=0, help_text="How often the provider gave no payment page for this key."
    )
    terms = models.JSONField(
        db_default=Value({}, models.JSONField()), default=dict,
        help_text="How it may be paid; fixed by the key.",
    )  # fmt: skip
    pay_by = models.DateTimeField(
        null=True, help_text="Until when the goods wait for a bank that is at work."
    )
    capture_by = models.DateTimeField(
        null=True, help_text="When money that is reserved until all is ready is taken anyway."
    )
    capture_minor = models.PositiveBigIntegerField(
        null=True, help_text="What of the reserved money is taken; fixed before the provider hears."
    )
    renew_by = models.DateTimeField(
        null=True, help_text="The reserved money is gone; until when the order waits for other."
    )
    check_at = models.DateTimeField(
        null=True, help_text="When to ask the provider again; empty once it is settled."
    )
    state = models.CharField(max_length=12, choices=State.choices, default=State.CREATED)
    currency = models.CharField(max_length=3)
    amount_minor = models.PositiveBigIntegerField()
    captured_minor = models.PositiveBigIntegerField(default=0)
    refunded_minor = models.PositiveBigIntegerField(default=0)
    fee_minor = models.PositiveBigIntegerField(default=0)
    method = models.CharField(max_length=60, blank=True, help_text='Such as "visa 4242".')
    authorization_code = models.CharField(
        max_length=20, blank=True, db_default="", help_text="What the card's bank said yes with."
    )
    failure_code = models.CharField(max_length=60, blank=True)
    review_reason = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["order_token"],
                condition=Q(state__in=["authorized", "captured"]),
                name="one_live_payment_per_order",
            ),
            models.UniqueConstraint(
                fields=["order_token"],
                condition=Q(state__in=["created", "processing", "review"]),
                name="one_open_attempt_per_order",
            ),
            models.UniqueConstraint(fields=["order_token", "attempt"], name="attempts_are_counted"),
            models.CheckConstraint(condition=Q(amount_minor__gt=0), name="payment_is_positive"),
            models.CheckConstraint(
                # Money that no order asked for is whatever came.
                condition=Q(captured_minor__lte=F("amount_minor")) | Q(state="orphan"),
                name="never_capture_more_than_authorized",
            ),
            models.CheckConstraint(
                condition=Q(refunded_minor__lte=F("captured_minor")),
                name="never_refund_more_than_captured",
            ),
            models.CheckConstraint(
                condition=Q(capture_minor=None)
                | Q(capture_minor__gt=0, capture_minor__lte=F("amount_minor")),
                name="capture_is_within_authorized",
            ),
            models.CheckConstraint(
                condition=Q(capture_minor=None)
                | ~Q(state="captured")
                | Q(captured_minor=F("capture_minor")),
                name="captured_is_what_was_agreed",
            ),
        ]
        indexes = [
            models.Index(fields=["order_token"]),
            models.Index(
                fields=["check_at"], condition=Q(check_at__isnull=False), name="payments_to_check"
            ),
        ]


class PaymentMove(models.Model):
    """One change of a payment's state; written by trigger, append-only."""

    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, related_name="moves")
    from_state = models.CharField(max_length=12, blank=True)
    to_state = models.CharField(max_length=12)
    actor = models.CharField(max_length=80)
    cause = models.CharField(max_length=80, blank=True)
    request_id = models.CharField(max_length=64, blank=True)
    at = models.DateTimeField(db_default=Now())


class Refund(models.Model):
    """Money on its way back to the shopper, once per business key."""

    class State(models.TextChoices):
        REQUESTED = "requested"
        PENDING = "pending"
        SUCCEEDED = "succeeded"
        FAILED = "failed"
        SETTLED = "settled", "paid another way"

    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, related_name="refunds")
    business_key = models.CharField(max_length=160, unique=True)
    amount_minor = models.PositiveBigIntegerField()
    covered_minor = models.PositiveBigIntegerField(
        db_default=0, default=0, help_text="What the shopper had from a lost dispute already."
    )
    reason = models.CharField(max_length=200)
    state = models.CharField(max_length=10, choices=State.choices, default=State.REQUESTED)
    provider_refund = models.CharField(max_length=120, null=True, unique=True)
    attempts = models.PositiveIntegerField(default=0)
    round = models.PositiveSmallIntegerField(
        db_default=0, default=0, help_text="How often staff had it sent anew after it failed."
    )
    last_error = models.TextField(blank=True)
    due_at = models.DateTimeField(db_default=Now())
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(amount_minor__gt=0), name="refund_is_positive"),
            models.CheckConstraint(
                condition=Q(covered_minor=0)
                | Q(covered_minor__lte=F("amount_minor"), state="settled"),
                name="bank_covers_settled_refunds",
            ),
        ]
        indexes = [
            models.Index(
                fields=["due_at"],
                condition=Q(state__in=["requested", "pending"]),
                name="refunds_to_send",
            )
        ]

    @property
    def reference(self) -> str:
        """What it is known by at the provider; another one each time it is sent anew."""
        return f"{self.business_key}#{self.round}" if self.round else self.business_key


class FoundUse(models.Model):
    """So much of a refund made in the provider's dashboard an order gives back; append-only.

    The rest of it is the marketplace's loss until somebody says what it was for.
    """

    refund = models.ForeignKey(Refund, on_delete=models.PROTECT, related_name="uses")
    business_key = models.CharField(max_length=160)
    amount_minor = models.PositiveBigIntegerField()
    at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["refund", "business_key"], name="found_used_once"),
            models.CheckConstraint(condition=Q(amount_minor__gt=0), name="found_use_is_positive"),
        ]
        indexes = [models.Index(fields=["business_key"], name="found_uses_by_key")]


class ExcessRefund(models.Model):
    """A refund in the provider's dashboard that is larger than what was left of its payment.

    No payment can take it, for none gives back more than came in. The marketplace bears it.
    """

    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, related_name="excess_refunds")
    provider_refund = models.CharField(max_length=120, unique=True)
    amount_minor = models.PositiveBigIntegerField()
    left_minor = models.PositiveBigIntegerField(help_text="What was left when it was found.")
    booked_at = models.DateTimeField(null=True, help_text="When the provider had sent it.")
    found_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(amount_minor__gt=F("left_minor")), name="excess_is_beyond_what_is_left"
            )
        ]


class Dispute(models.Model):
    """A payment that the shopper's bank questions: the money is away until it is decided."""

    class State(models.TextChoices):
        OPEN = "open"
        WON = "won"
        LOST = "lost"

    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, related_name="disputes")
    provider_dispute = models.CharField(max_length=120, unique=True)
    amount_minor = models.PositiveBigIntegerField()
    fee_minor = models.BigIntegerField(default=0, help_text="What it cost, less what came back.")
    reason = models.CharField(max_length=60)
    status = models.CharField(max_length=40, help_text="As the provider calls it.")
    state = models.CharField(max_length=4, choices=State.choices, default=State.OPEN)
    due_by = models.DateTimeField(null=True, help_text="Until when evidence is taken.")
    evidence = models.TextField(blank=True)
    answered_at = models.DateTimeField(null=True)
    opened_at = models.DateTimeField(db_default=Now())
    closed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(amount_minor__gt=0), name="dispute_is_positive"),
            models.CheckConstraint(
                condition=Q(state="open", closed_at=None)
                | (~Q(state="open") & Q(closed_at__isnull=False)),
                name="dispute_is_open_or_dated",
            ),
        ]
        indexes = [
            models.Index(fields=["due_by"], condition=Q(state="open"), name="disputes_to_answer")
        ]


class Payer(models.Model):
    """A person as the provider knows them, so that their ways to pay can be kept there."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    provider_customer = models.CharField(max_length=120, unique=True)
    created_at = models.DateTimeField(db_default=Now())


class SavedMethod(models.Model):
    """A way to pay that the provider keeps: its name for it, and what its owner calls it."""

    payer = models.ForeignKey(Payer, on_delete=models.PROTECT, related_name="methods")
    provider_method = models.CharField(max_length=120, unique=True)
    label = models.CharField(max_length=60, help_text='Such as "visa 4242".')
    is_default = models.BooleanField(default=False)
    created_at = models.DateTimeField(db_default=Now())
    removed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["payer"], condition=Q(is_default=True), name="one_default_way_to_pay"
            ),
            models.CheckConstraint(
                condition=Q(is_default=False) | Q(removed_at=None), name="default_is_not_removed"
            ),
        ]


class Decision(models.Model):
    """What a person decided about money, and why; append-only."""

    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, related_name="decisions")
    refund = models.ForeignKey(
        Refund, null=True, on_delete=models.PROTECT, related_name="decisions"
    )
    decision = models.CharField(max_length=20)
    reason = models.CharField(max_length=500)
    actor = models.CharField(max_length=80)
    at = models.DateTimeField(db_default=Now())


class ProviderEvent(models.Model):
    """A verified webhook, stored before it is acted on; handled once."""

    event_id = models.CharField(max_length=120, unique=True)
    kind = models.CharField(max_length=80)
    account = models.CharField(max_length=60, blank=True)
    livemode = models.BooleanField(default=False)
    payload = models.JSONField()
    received_at = models.DateTimeField(auto_now_add=True)
    due_at = models.DateTimeField(db_default=Now())
    attempts = models.PositiveIntegerField(default=0)
    handled_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=200, blank=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["due_at"], condition=Q(handled_at=None), name="notices_to_work_off"
            )
        ]

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now


class Credit(models.Model):
    """A gift card, which belongs to whoever has its code, or store credit of one person."""

    class Kind(models.TextChoices):
        GIFT_CARD = "gift_card", "gift card"
        STORE_CREDIT = "store_credit", "store credit"

    class Source(models.TextChoices):
        STAFF = "staff"
        REFUND = "refund"
        PURCHASE = "purchase"

    kind = models.CharField(max_length=12, choices=Kind.choices)
    source = models.CharField(max_length=8, choices=Source.choices)
    business_key = models.CharField(max_length=160, unique=True)
    currency = models.CharField(max_length=3)
    issued_minor = models.PositiveBigIntegerField()
    spent_minor = models.PositiveBigIntegerField(default=0)
    expired_minor = models.PositiveBigIntegerField(default=0)
    balance_minor = models.PositiveBigIntegerField()
    code_hash = models.CharField(max_length=64, null=True, unique=True)
    code_seed = models.CharField(max_length=40, blank=True)
    code_ending = models.CharField(max_length=4, blank=True)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    email = models.EmailField(blank=True, help_text="Who is told of it.")
    order_token = models.CharField(
        max_length=40, blank=True, help_text="The order whose money it gives back."
    )
    reason = models.CharField(max_length=200)
    issued_by = models.CharField(max_length=80)
    created_at = models.DateTimeField(db_default=Now())
    expires_at = models.DateTimeField()
    blocked_at = models.DateTimeField(
        null=True, help_text="Since when nobody can pay with it: whoever bought it may not have."
    )
    voided_at = models.DateTimeField(null=True)
    void_reason = models.CharField(max_length=200, blank=True)
    voided_by = models.CharField(max_length=80, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(issued_minor__gt=0), name="credit_is_positive"),
            models.CheckConstraint(
                condition=Q(
                    issued_minor=F("spent_minor") + F("balance_minor") + F("expired_minor")
                ),
                name="credit_issued_is_spent_left_or_expired",
            ),
            models.CheckConstraint(
                condition=Q(kind="gift_card", code_hash__isnull=False)
                | Q(kind="store_credit", code_hash=None, user__isnull=False),
                name="credit_has_a_code_or_an_owner",
            ),
        ]
        indexes = [
            models.Index(
                fields=["user", "currency"], condition=Q(balance_minor__gt=0), name="credit_to_use"
            ),
            models.Index(
                fields=["expires_at"], condition=Q(balance_minor__gt=0), name="credit_to_expire"
            ),
            models.Index(fields=["order_token"]),
        ]

    def __str__(self) -> str:
        return f"gift card …{self.code_ending}" if self.code_ending else "store credit"


class Spend(models.Model):
    """What an order takes from a credit: held while it waits, spent when it is confirmed."""

    class State(models.TextChoices):
        HELD = "held"
        SPENT = "spent"
        RELEASED = "released"

    credit = models.ForeignKey(Credit, on_delete=models.PROTECT, related_name="spends")
    order_token = models.CharField(max_length=40)
    amount_minor = models.PositiveBigIntegerField()
    state = models.CharField(max_length=8, choices=State.choices, default=State.HELD)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["order_token", "credit"], name="one_spend_per_order_and_credit"
            ),
            models.CheckConstraint(condition=Q(amount_minor__gt=0), name="spend_is_positive"),
        ]


ACCOUNTS = {Credit.Kind.GIFT_CARD.value: "giftcards", Credit.Kind.STORE_CREDIT.value: "credits"}
"""Where the ledger owes what is left, by kind."""

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from commerce.kernel.tokens import new_token

from .storing import label_path, picture_path, private_store


class Policy(models.Model):
    """Within how many days goods may be sent back, and whether at all.

    Of all rows that match, the most specific decides: a seller's before the
    marketplace's, a category's before the general one, a season's before the rest
    of the year, then the longest. The last day of a season that matches holds whatever
    decides, unless the law lets the goods be kept out.
    """

    class LabelPayer(models.TextChoices):
        SELLER = "seller", "The seller"
        MARKETPLACE = "marketplace", "The marketplace"
        SHOPPER = "shopper", "The shopper"

    name = models.CharField(max_length=80)
    seller = models.ForeignKey(
        "sellers.Seller", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    category_key = models.UUIDField("category", null=True, blank=True)
    days = models.PositiveSmallIntegerField(
        default=30, help_text="From delivery. Never below the 14 days of the law."
    )
    starts_on = models.DateField(null=True, blank=True, help_text="For orders placed from here")
    ends_on = models.DateField(null=True, blank=True, help_text="to here.")
    returns_until = models.DateField(
        null=True,
        blank=True,
        help_text="What is ordered in this season can go back until the end of this day at least.",
    )
    exempt_because = models.CharField(
        max_length=120,
        blank=True,
        help_text="Why the law lets these goods be kept out, such as made to measure.",
    )
    puts_back = models.BooleanField(
        default=True, help_text="Unopened goods go back on sale when they were looked at."
    )
    label_payer = models.CharField(
        max_length=11,
        blank=True,
        choices=LabelPayer.choices,
        default="",
        db_default="",
        help_text="Who pays the label for what comes back. Empty: as a more general policy says,"
        " else the seller. What was faulty the seller pays in any case; of what the shopper pays"
        " its price is taken off the refund.",
    )
    is_active = models.BooleanField(default=True)

    class Meta:
        verbose_name = "return policy"
        verbose_name_plural = "return policies"
        constraints = [
            models.CheckConstraint(
                condition=Q(label_payer__in=["", "seller", "marketplace", "shopper"]),
                name="policy_names_a_known_payer",
            ),
            models.CheckConstraint(condition=Q(days__gte=14), name="policy_never_below_the_law"),
            models.CheckConstraint(
                condition=Q(starts_on__isnull=True, ends_on__isnull=True)
                | Q(ends_on__gte=F("starts_on")),
                name="season_has_both_ends",
            ),
            models.CheckConstraint(
                condition=Q(returns_until__isnull=True)
                | Q(ends_on__isnull=False, returns_until__gte=F("ends_on")),
                name="last_day_is_after_its_season",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class LineTerms(models.Model):
    """What was agreed of sending a line back, when its order was confirmed; append-only."""

    order_line = models.OneToOneField(
        "orders.OrderLine", on_delete=models.PROTECT, related_name="+"
    )
    days = models.PositiveSmallIntegerField()
    returns_until = models.DateField(null=True)
    exempt_because = models.CharField(max_length=120, blank=True)
    puts_back = models.BooleanField()
    label_payer = models.CharField(
        max_length=11, choices=Policy.LabelPayer.choices, default="seller", db_default="seller"
    )
    agreed_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(label_payer__in=["seller", "marketplace", "shopper"]),
                name="terms_name_a_known_payer",
            )
        ]


class Case(models.Model):
    """One wish of a shopper about units of one seller's part, and what became of it."""

    class Kind(models.TextChoices):
        CANCEL = "cancel", "Cancellation"
        RETURN = "return", "Return"
        CLAIM = "claim", "Lost or damaged"

    class Basis(models.TextChoices):
        POLICY = "policy", "Return policy"
        WITHDRAWAL = "withdrawal", "Withdrawal from the contract"
        SELLER = "seller", "Seller cannot deliver"

    class Remedy(models.TextChoices):
        REFUND = "refund", "Money back"
        EXCHANGE = "exchange", "Exchange"

    class State(models.TextChoices):
        REQUESTED = "requested"
        ESCALATED = "escalated"
        APPROVED = "approved"
        SENT = "sent"
        RECEIVED = "received"
        INSPECTED = "inspected"
        REFUNDED = "refunded"
        PARTLY = "partly"
        EXCHANGED = "exchanged"
        REFUSED = "refused"
        DECLINED = "declined"
        OVERTAKEN = "overtaken"
        CLOSED = "closed"

    class Reason(models.TextChoices):
        CHANGED_MIND = "changed-mind", "I changed my mind"
        MISTAKE = "mistake", "Ordered by mistake"
        TOO_LATE = "too-late", "It takes too long"
        DOES_NOT_FIT = "does-not-fit", "It does not fit"
        NOT_AS_DESCRIBED = "not-as-described", "It is not as described"
        DAMAGED = "damaged", "It arrived damaged"
        DEFECTIVE = "defective", "It does not work"
        WRONG_ITEM = "wrong-item", "I got something else"
        LOST = "lost", "The parcel never came"
        NOT_AVAILABLE = "not-available", "The seller cannot deliver it"
        OTHER = "other", "Another reason"

    token = models.CharField(max_length=40, unique=True, default=new_token)
    number = models.CharField(max_length=36, unique=True)
    seller = models.ForeignKey("sellers.Seller", on_delete=models.PROTECT, related_name="+")
    seller_order = models.ForeignKey(
        "orders.SellerOrder", on_delete=models.PROTECT, related_name="+"
    )
    kind = models.CharField(max_length=6, choices=Kind.choices)
    basis = models.CharField(max_length=10, choices=Basis.choices, default=Basis.POLICY)
    remedy = models.CharField(max_length=8, choices=Remedy.choices, default=Remedy.REFUND)
    state = models.CharField(max_length=10, choices=State.choices, default=State.REQUESTED)
    version = models.PositiveIntegerField(default=0)
    reason = models.CharField(max_length=16, choices=Reason.choices, default=Reason.OTHER)
    note = models.CharField(max_length=1000, blank=True)
    refund_to = models.CharField(max_length=12, default="method")
    with_shipping = models.BooleanField(
        default=False, help_text="The shipping goes back too when nothing of the part is kept."
    )
    asked_by = models.CharField(max_length=80)
    answer = models.CharField(
        max_length=500, blank=True, help_text="What was told with the last decision."
    )
    appeal = models.CharField(
        max_length=1000,
        blank=True,
        db_default="",
        help_text="What the shopper told the marketplace after a refusal.",
    )
    return_to = models.TextField(max_length=500, blank=True)
    tracking_number = models.CharField(max_length=60, blank=True)
    withheld_minor = models.PositiveBigIntegerField(default=0)
    returned_before_bps = models.PositiveIntegerField(
        default=0, help_text="Share of this shopper's units that came back in a year."
    )
    is_suspect = models.BooleanField(
        default=False, help_text="This shopper sends back far more than others."
    )
    replacement_tracking = models.CharField(max_length=60, blank=True)
    replaced_at = models.DateTimeField(null=True, help_text="When the replacement was sent.")
    due_at = models.DateTimeField(null=True, help_text="When a rule acts, as nobody did.")
    reminded_at = models.DateTimeField(
        null=True, help_text="When who is waited for was reminded of this step."
    )
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(refund_to__in=["method", "store_credit", "gift_card"]),
                name="case_refunds_a_known_way",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["requested", "approved", "sent", "received"])
                | Q(due_at__isnull=True),
                name="only_what_waits_falls_due",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["approved", "sent", "received"]) | Q(due_at__isnull=False),
                name="a_return_under_way_has_a_deadline",
            ),
        ]
        indexes = [
            models.Index(fields=["seller", "state"], name="cases_of_seller"),
            models.Index(fields=["seller_order"], name="cases_of_part"),
            models.Index(
                fields=["due_at"], condition=Q(due_at__isnull=False), name="cases_falling_due"
            ),
        ]

    def __str__(self) -> str:
        return self.number


class CaseLine(models.Model):
    """Units of one line that a case is about, and how they were found."""

    class Condition(models.TextChoices):
        NEW = "new", "As new"
        OPENED = "opened", "Opened, can be sold"
        DAMAGED = "damaged", "Worn or damaged"
        MISSING = "missing", "Not in the parcel"

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="lines")
    order_line = models.ForeignKey("orders.OrderLine", on_delete=models.PROTECT, related_name="+")
    quantity = models.PositiveIntegerField()
    condition = models.CharField(max_length=8, choices=Condition.choices, blank=True)
    accepted_quantity = models.PositiveIntegerField(default=0)
    put_back_quantity = models.PositiveIntegerField(default=0)
    replacement = models.ForeignKey(
        "catalog.Variant", null=True, on_delete=models.PROTECT, related_name="+"
    )
    location = models.ForeignKey(
        "inventory.Location",
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
        help_text="Where the replacement was taken from.",
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["case", "order_line"], name="one_entry_per_case_line"),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="case_is_about_something"),
            models.CheckConstraint(
                condition=Q(accepted_quantity__lte=F("quantity"))
                & Q(put_back_quantity__lte=F("accepted_quantity")),
                name="no_more_put_back_than_came",
            ),
        ]


class CasePicture(models.Model):
    """What a shopper photographed; private, shown to those concerned alone."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="pictures")
    file = models.FileField(storage=private_store, upload_to=picture_path)
    added_at = models.DateTimeField(db_default=Now())


class ReturnLabel(models.Model):
    """The label for a return's parcel: bought from a carrier, or a file the seller gave."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="+")
    label = models.OneToOneField(
        "fulfillment.Label", null=True, on_delete=models.PROTECT, related_name="+"
    )
    file = models.FileField(storage=private_store, upload_to=label_path, blank=True)
    tracking_number = models.CharField(max_length=60, blank=True)
    added_at = models.DateTimeField(db_default=Now())
    removed_at = models.DateTimeField(null=True)
    tried_at = models.DateTimeField(null=True, help_text="When it was last to be given back.")
    used_at = models.DateTimeField(
        null=True, help_text="When the shopper said that the parcel goes with it."
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(label__isnull=True) ^ Q(file=""), name="return_label_is_one_or_other"
            ),
            models.UniqueConstraint(
                fields=["case"],
                condition=Q(removed_at__isnull=True),
                name="one_return_label_per_case",
            ),
        ]


class CaseEvent(models.Model):
    """One move of a case; written by trigger, append-only."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="events")
    version = models.PositiveIntegerField()
    from_state = models.CharField(max_length=10, blank=True)
    to_state = models.CharField(max_length=10)
    actor = models.CharField(max_length=80)
    cause = models.CharField(max_length=200, blank=True)
    at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["case", "version"], name="one_event_per_case_move")
        ]


class Withdrawal(models.Model):
    """A shopper's declaration of withdrawal, word for word and dated; append-only.

    It is the receipt that is mailed: who declared what about which contract, and when.
    """

    order = models.ForeignKey("orders.Order", on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=120)
    email = models.EmailField()
    statement = models.TextField(max_length=5000)
    units = models.JSONField(help_text="How many of which order line.")
    declared_at = models.DateTimeField(db_default=Now())

    class Meta:
        indexes = [models.Index(fields=["order"], name="withdrawals_of_order")]

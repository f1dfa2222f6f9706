from django.conf import settings
from django.db import models
from django.db.models import F, Func, Q, Value
from django.db.models.functions import Coalesce, Now

from commerce.kernel.tokens import new_token


class Order(models.Model):
    """The shopper's order. Every amount is a snapshot taken when it was placed."""

    class State(models.TextChoices):
        PENDING = "pending"
        CONFIRMED = "confirmed"
        CANCELED = "canceled"

    token = models.CharField(max_length=40, unique=True, default=new_token)
    number = models.CharField(max_length=24, unique=True)
    cart = models.ForeignKey("cart.Cart", on_delete=models.PROTECT, related_name="+")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    email = models.EmailField()
    currency = models.CharField(max_length=3)
    state = models.CharField(max_length=10, choices=State.choices, default=State.PENDING)
    version = models.PositiveIntegerField(default=0)
    goods_minor = models.PositiveBigIntegerField()
    discount_minor = models.PositiveBigIntegerField(db_default=0)
    shipping_minor = models.PositiveBigIntegerField()
    shipping_discount_minor = models.PositiveBigIntegerField(db_default=0)
    tax_minor = models.PositiveBigIntegerField(help_text="Added on top of the prices.")
    included_tax_minor = models.PositiveBigIntegerField(
        db_default=0, help_text="Contained in goods and shipping already."
    )
    total_minor = models.PositiveBigIntegerField()
    credit_minor = models.PositiveBigIntegerField(
        db_default=0, help_text="Paid by gift card or store credit; the rest is due."
    )
    ship_to = models.JSONField()
    placed_at = models.DateTimeField(db_default=Now())
    confirmed_at = models.DateTimeField(null=True)
    awaits_capture = models.BooleanField(
        db_default=False, default=False,
        help_text="Confirmed on reserved money that is not taken yet: nothing may leave.",
    )  # fmt: skip
    charged_at = models.DateTimeField(
        null=True, help_text="When reserved money was taken; empty when it was paid at once."
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(awaits_capture=False) | Q(state="confirmed", credit_minor=0),
                name="only_confirmed_orders_await_capture",
            ),
            models.UniqueConstraint(
                fields=["cart"], condition=~Q(state="canceled"), name="one_order_per_cart"
            ),
            models.CheckConstraint(
                condition=Q(
                    total_minor=F("goods_minor")
                    - F("discount_minor")
                    + F("shipping_minor")
                    - F("shipping_discount_minor")
                    + F("tax_minor")
                ),
                name="order_total_is_its_parts",
            ),
            models.CheckConstraint(
                condition=Q(discount_minor__lte=F("goods_minor"))
                & Q(shipping_discount_minor__lte=F("shipping_minor"))
                & Q(credit_minor__lte=F("total_minor")),
                name="order_gives_no_more_than_it_has",
            ),
        ]
        indexes = [
            models.Index(fields=["user", "-placed_at"]),
            models.Index(fields=["email"]),
            models.Index(
                fields=["placed_at"], condition=Q(state="pending"), name="pending_orders_by_age"
            ),
        ]

    def __str__(self) -> str:
        return self.number


class SellerOrder(models.Model):
    """One seller's part of an order."""

    class State(models.TextChoices):
        PENDING = "pending"
        CONFIRMED = "confirmed"
        PROCESSING = "processing"
        SHIPPED = "shipped"
        DELIVERED = "delivered"
        CANCELED = "canceled"
        RETURNED = "returned"

    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="seller_orders")
    seller = models.ForeignKey("sellers.Seller", on_delete=models.PROTECT, related_name="+")
    number = models.CharField(max_length=28, unique=True)
    state = models.CharField(max_length=10, choices=State.choices, default=State.PENDING)
    version = models.PositiveIntegerField(default=0)
    goods_minor = models.PositiveBigIntegerField()
    discount_minor = models.PositiveBigIntegerField(db_default=0)
    shipping_minor = models.PositiveBigIntegerField()
    shipping_discount_minor = models.PositiveBigIntegerField(db_default=0)
    platform_discount_minor = models.PositiveBigIntegerField(
        db_default=0, help_text="What the marketplace bears of both discounts."
    )
    tax_minor = models.PositiveBigIntegerField()
    shipping_tax_minor = models.PositiveBigIntegerField(default=0)
    included_tax_minor = models.PositiveBigIntegerField(db_default=0)
    total_minor = models.PositiveBigIntegerField()
    shipping_method = models.JSONField(help_text="Name, carrier and days as they were chosen.")
    commission_minor = models.PositiveBigIntegerField()
    earning_minor = models.GeneratedField(
        expression=F("goods_minor")
        - F("discount_minor")
        + F("shipping_minor")
        - F("shipping_discount_minor")
        + F("platform_discount_minor")
        - F("included_tax_minor")
        - F("commission_minor"),
        output_field=models.BigIntegerField(),
        db_persist=True,
        help_text="What the seller is owed; as PartAmounts.earning_minor says.",
    )
    confirmed_at = models.DateTimeField(null=True)
    delivered_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["order", "seller"], name="one_part_per_seller"),
            models.CheckConstraint(
                condition=Q(
                    total_minor=F("goods_minor")
                    - F("discount_minor")
                    + F("shipping_minor")
                    - F("shipping_discount_minor")
                    + F("tax_minor")
                ),
                name="seller_order_total_is_its_parts",
            ),
            models.CheckConstraint(
                condition=Q(commission_minor__lte=F("goods_minor")),
                name="commission_within_goods",
            ),
            models.CheckConstraint(
                condition=Q(discount_minor__lte=F("goods_minor"))
                & Q(shipping_discount_minor__lte=F("shipping_minor"))
                & Q(
                    platform_discount_minor__lte=F("discount_minor") + F("shipping_discount_minor")
                ),
                name="part_gives_no_more_than_it_has",
            ),
        ]
        indexes = [models.Index(fields=["seller", "state"])]

    def __str__(self) -> str:
        return self.number


class OrderLine(models.Model):
    seller_order = models.ForeignKey(SellerOrder, on_delete=models.PROTECT, related_name="lines")
    variant = models.ForeignKey("catalog.Variant", on_delete=models.PROTECT, related_name="+")
    title = models.CharField(max_length=100)
    sku = models.CharField(max_length=64)
    options = models.JSONField(default=list)
    image = models.JSONField(default=dict)
    path = models.CharField(max_length=255, blank=True)
    quantity = models.PositiveIntegerField()
    unit_minor = models.PositiveBigIntegerField()
    total_minor = models.PositiveBigIntegerField()
    discount_minor = models.PositiveBigIntegerField(db_default=0)
    platform_discount_minor = models.PositiveBigIntegerField(
        db_default=0, help_text="What the marketplace bears of the discount."
    )
    tax_minor = models.PositiveBigIntegerField()
    included_tax_minor = models.PositiveBigIntegerField(db_default=0)
    tax_rate_bps = models.PositiveIntegerField()
    tax_name = models.CharField(max_length=40, blank=True)
    commission_bps = models.PositiveIntegerField()
    commission_minor = models.PositiveBigIntegerField()
    adjustments = models.JSONField(
        db_default=Value([], models.JSONField()),
        default=list,
        help_text="What was taken off, and who bears it.",
    )
    explanation = models.JSONField(
        db_default=Value([], models.JSONField()),
        default=list,
        help_text="How the price came about, step by step.",
    )
    promised_by = models.DateField(
        null=True, help_text="When goods that were not there yet are expected."
    )
    shipped_quantity = models.PositiveIntegerField(default=0)
    canceled_quantity = models.PositiveIntegerField(default=0)
    returned_quantity = models.PositiveIntegerField(default=0)
    lost_quantity = models.PositiveIntegerField(
        db_default=0, help_text="Shipped, and lost or spoiled on the way."
    )
    refunded_quantity = models.PositiveIntegerField(
        db_default=0, help_text="Counted by the trigger of AdjustmentLine."
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(total_minor=F("unit_minor") * F("quantity")),
                name="line_total_is_unit_times_quantity",
            ),
            models.CheckConstraint(
                condition=Q(discount_minor__lte=F("total_minor"))
                & Q(platform_discount_minor__lte=F("discount_minor"))
                & Q(included_tax_minor__lte=F("total_minor") - F("discount_minor")),
                name="line_gives_no_more_than_it_has",
            ),
            models.CheckConstraint(
                condition=Q(quantity__gte=F("shipped_quantity") + F("canceled_quantity")),
                name="never_ship_more_than_ordered",
            ),
            models.CheckConstraint(
                condition=Q(shipped_quantity__gte=F("returned_quantity") + F("lost_quantity")),
                name="never_return_more_than_shipped",
            ),
            models.CheckConstraint(
                condition=Q(
                    refunded_quantity__lte=F("canceled_quantity")
                    + F("returned_quantity")
                    + F("lost_quantity")
                ),
                name="never_refund_more_than_came_back",
            ),
        ]


class OrderEvent(models.Model):
    """One move of an order or of a seller order; written by trigger, append-only."""

    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="events")
    seller_order = models.ForeignKey(
        SellerOrder, null=True, on_delete=models.PROTECT, related_name="events"
    )
    version = models.PositiveIntegerField()
    from_state = models.CharField(max_length=10, blank=True)
    to_state = models.CharField(max_length=10)
    actor = models.CharField(max_length=80)
    cause = models.CharField(max_length=80, blank=True, db_default="")
    request_id = models.CharField(
        max_length=64,
        blank=True,
        editable=False,
        db_default=Coalesce(
            Func(Value("stoa.request"), Value(True), function="current_setting"),
            Value(""),
        ),
        help_text="What ties together all that one request or job did.",
    )
    at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["order", "seller_order", "version"],
                name="one_event_per_move",
                nulls_distinct=False,
            )
        ]


class DayCounter(models.Model):
    """The last order number given out on a day."""

    day = models.DateField(primary_key=True)
    last = models.PositiveIntegerField(default=0)


class Adjustment(models.Model):
    """Money of one seller's part that goes back to the shopper, and who bears it; append-only."""

    class Kind(models.TextChoices):
        CANCELED = "canceled"
        EDITED = "edited"
        RETURNED = "returned"
        WITHDRAWN = "withdrawn"
        CLAIM = "claim", "Lost or damaged"
        GOODWILL = "goodwill"

    seller_order = models.ForeignKey(SellerOrder, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    business_key = models.CharField(max_length=120, unique=True)
    reason = models.CharField(max_length=200, blank=True)
    actor = models.CharField(max_length=80)
    paid_to = models.CharField(max_length=12, default="method")
    with_shipping = models.BooleanField(default=False)
    uncharged = models.BooleanField(
        db_default=False, default=False,
        help_text="Given up before the money was taken: less is taken, and nothing is booked.",
    )  # fmt: skip
    goods_minor = models.PositiveBigIntegerField(help_text="Net of discount.")
    shipping_minor = models.PositiveBigIntegerField(help_text="Net of discount.")
    tax_minor = models.PositiveBigIntegerField()
    included_tax_minor = models.PositiveBigIntegerField()
    commission_minor = models.PositiveBigIntegerField()
    platform_minor = models.PositiveBigIntegerField(
        help_text="What the marketplace had borne of the discounts."
    )
    goodwill_minor = models.PositiveBigIntegerField(default=0)
    withheld_minor = models.PositiveBigIntegerField(
        default=0, help_text="What the seller keeps because goods came back worn."
    )
    borne_minor = models.PositiveBigIntegerField(
        default=0, help_text="What the marketplace bears in the seller's place."
    )
    advanced_minor = models.PositiveBigIntegerField(
        db_default=0, default=0, help_text="What the shopper had of it as goodwill before."
    )
    recovered_minor = models.PositiveBigIntegerField(
        db_default=0, default=0, help_text="What of that the marketplace had borne."
    )
    refund_minor = models.PositiveBigIntegerField(help_text="What the shopper gets back.")
    seller_minor = models.BigIntegerField(
        help_text="What the seller's earning loses, or gets back of its goodwill."
    )
    at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["seller_order"],
                condition=Q(with_shipping=True),
                name="shipping_goes_back_once",
            ),
            models.CheckConstraint(
                condition=Q(
                    refund_minor=F("goods_minor")
                    + F("shipping_minor")
                    + F("tax_minor")
                    + F("goodwill_minor")
                    - F("withheld_minor")
                    - F("advanced_minor")
                ),
                name="refund_is_its_parts",
            ),
            models.CheckConstraint(
                condition=Q(
                    seller_minor=F("goods_minor")
                    + F("shipping_minor")
                    + F("platform_minor")
                    - F("included_tax_minor")
                    - F("commission_minor")
                    + F("goodwill_minor")
                    - F("withheld_minor")
                    - F("borne_minor")
                    - F("advanced_minor")
                    + F("recovered_minor")
                ),
                name="seller_loses_what_others_do_not_bear",
            ),
            models.CheckConstraint(
                condition=Q(recovered_minor__lte=F("advanced_minor"))
                & Q(seller_minor__gte=F("recovered_minor") - F("advanced_minor")),
                name="seller_gets_back_only_goodwill",
            ),
            models.CheckConstraint(
                condition=Q(paid_to__in=["method", "store_credit", "gift_card"]),
                name="refund_goes_a_known_way",
            ),
        ]
        indexes = [models.Index(fields=["seller_order"], name="adjustments_of_part")]


class AdjustmentLine(models.Model):
    """Units of a line and their exact share of what the line was worth; append-only."""

    adjustment = models.ForeignKey(Adjustment, on_delete=models.PROTECT, related_name="lines")
    order_line = models.ForeignKey(OrderLine, on_delete=models.PROTECT, related_name="+")
    quantity = models.PositiveIntegerField()
    after_quantity = models.PositiveIntegerField(
        help_text="How many units of the line were given back before."
    )
    goods_minor = models.PositiveBigIntegerField()
    tax_minor = models.PositiveBigIntegerField()
    included_tax_minor = models.PositiveBigIntegerField()
    commission_minor = models.PositiveBigIntegerField()
    platform_minor = models.PositiveBigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["order_line", "after_quantity"], name="each_unit_given_back_once"
            ),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="adjusts_something"),
        ]


class AddressChange(models.Model):
    """An order goes elsewhere than it was agreed; written by trigger, append-only."""

    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="+")
    before = models.JSONField()
    after = models.JSONField()
    actor = models.CharField(max_length=80)
    cause = models.CharField(max_length=80, blank=True)
    at = models.DateTimeField(db_default=Now())

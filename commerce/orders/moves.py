"""Where an order and a seller's part of it may go. The database holds the same table."""

ORDER_MOVES: dict[str, tuple[str, ...]] = {
    "pending": ("confirmed", "canceled"),
    "confirmed": ("canceled",),
}
SELLER_ORDER_MOVES: dict[str, tuple[str, ...]] = {
    "pending": ("confirmed", "canceled"),
    "confirmed": ("processing", "shipped", "canceled"),
    "processing": ("shipped", "canceled"),
    "shipped": ("delivered", "returned"),
    "delivered": ("returned",),
}

"""Indexes to find and list orders by; made beside running traffic."""

from django.db import migrations

INDEXES = {
    "orders_by_words_of_name": (
        "orders_order USING gin (to_tsvector('simple', translate(lower("
        "coalesce(ship_to ->> 'name', '') || ' ' || coalesce(ship_to ->> 'company', '')"
        "), '-_@./,;:+()''', '            ')))"
    ),
    "lines_by_words": (
        "orders_orderline USING gin (to_tsvector('simple', translate(lower("
        "sku || ' ' || title"
        "), '-_@./,;:+()''', '            ')))"
    ),
    "orders_by_email": "orders_order (lower(email) text_pattern_ops)",
    "orders_newest": "orders_order (placed_at DESC)",
    "parts_of_seller_newest": (
        "orders_sellerorder (seller_id, id DESC) WHERE confirmed_at IS NOT NULL"
    ),
}


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("orders", "0008_address_guard")]
    operations = [
        migrations.RunSQL(
            [  # one that was broken off is begun anew
                f"DROP INDEX CONCURRENTLY IF EXISTS {name}",
                f"CREATE INDEX CONCURRENTLY {name} ON {what}",
            ],
            f"DROP INDEX CONCURRENTLY IF EXISTS {name}",
        )
        for name, what in INDEXES.items()
    ]

"""Rules of who sees what: sellers apart, and the public only what is published.

Read by name across all layers; what the pages say is looked up, never imported. A store's
page stands in no seller's rows: what it says is public, and its drafts are revisions.
"""

from .types import Rule

ACCESS_RULES = [
    Rule(
        code="INV24",
        promise="Every table with sellers' rows shows the sellers' role its own rows alone.",
        violations="""
            WITH own AS (
                SELECT polrelid, unnest(polroles) AS role FROM pg_policy
                WHERE polname = 'sellers_own' AND NOT polpermissive
            )
            SELECT (SELECT (count(*) = 0)::int FROM own) + (
                SELECT count(*) FROM pg_class t
                JOIN pg_attribute c ON c.attrelid = t.oid
                    AND c.attname = 'seller_id' AND NOT c.attisdropped
                CROSS JOIN (SELECT DISTINCT role FROM own) AS sellers
                WHERE t.relkind IN ('r', 'p') AND t.relnamespace = current_schema()::regnamespace
                    AND t.relname <> 'pages_sellerpage'
                    AND has_any_column_privilege(sellers.role, t.oid, 'SELECT, INSERT, UPDATE')
                    AND NOT (t.relrowsecurity AND t.oid IN (SELECT polrelid FROM own))
            )
        """,
    ),
    Rule(
        code="INV25",
        promise="A listing is live only while its page is published for everybody.",
        violations="""
            SELECT count(*) FROM catalog_listing listing
            JOIN wagtailcore_page page ON page.id = listing.page_id
            LEFT JOIN pages_productpage own ON own.page_ptr_id = page.id
            WHERE listing.is_live AND (
                NOT page.live OR own.product_id IS DISTINCT FROM listing.product_id OR EXISTS (
                    SELECT 1 FROM wagtailcore_pageviewrestriction kept
                    JOIN wagtailcore_page above ON above.id = kept.page_id
                    WHERE page.path LIKE above.path || '%'
                )
            )
        """,
    ),
    Rule(
        code="INV25",
        promise="A card shows what an active seller has published, once its facts are told.",
        violations="""
            SELECT count(*) FROM discovery_card card
            WHERE NOT EXISTS (
                SELECT 1 FROM catalog_listing listing
                JOIN catalog_product product ON product.id = listing.product_id
                JOIN sellers_seller seller ON seller.id = product.seller_id
                WHERE listing.product_id = card.product_id AND listing.locale = card.locale
                    AND listing.is_live AND product.state = 'active'
                    AND seller.state = 'active' AND seller.id = card.seller_id
            ) AND NOT EXISTS (
                SELECT 1 FROM outbox_delivery waiting
                WHERE waiting.delivered_at IS NULL
                    AND waiting.subscriber LIKE 'commerce.discovery.%'
            )
        """,
    ),
    Rule(
        code="INV24",
        promise="A seller's key works only while the owner who made it is one.",
        violations="""
            SELECT count(*) FROM hooks_apikey k
            WHERE k.revoked_at IS NULL AND k.created_by LIKE 'user:%' AND NOT EXISTS (
                SELECT 1 FROM sellers_member m
                WHERE m.seller_id = k.seller_id AND 'user:' || m.user_id = k.created_by
                    AND m.role = 'owner'
            )
        """,
    ),
]

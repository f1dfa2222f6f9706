"""What a quote asks the database, in one trip: promotions and tax rates of this instant.

The database's clock decides what is on. A promotion whose code was entered is returned
even when it cannot be used, with the reason; one that applies by itself only when it can.
"""

from commerce.kernel.sql import Planned

PRICES = Planned("""
SELECT variant_id, amount_minor, compare_at_minor FROM pricing_price
WHERE currency = %s AND variant_id = ANY (%s)
""")

# What was paid before a reduction is the lowest price of the thirty days before it began:
# of the prices that began in them, the one they began with, and lists open to everybody.
OFFERED = Planned("""
SELECT p.variant_id, p.amount_minor, p.compare_at_minor, coalesce(listed.entries, '[]'),
    CASE WHEN reduced.since IS NOT NULL THEN least(
        (
            SELECT min(c.amount_minor) FROM pricing_pricechange c
            WHERE c.variant_id = p.variant_id AND c.currency = p.currency AND c.at < reduced.since
              AND c.at >= coalesce((
                SELECT max(b.at) FROM pricing_pricechange b
                WHERE b.variant_id = p.variant_id AND b.currency = p.currency
                  AND b.at <= reduced.since - interval '30 days'
              ), '-infinity')
        ),
        (
            SELECT min(c.amount_minor) FROM pricing_listpricechange c
            WHERE c.variant_id = p.variant_id AND c.currency = p.currency
              AND c.starts_at < reduced.since
              AND coalesce(c.ends_at, 'infinity') > reduced.since - interval '30 days'
              AND c.price_list_id IS DISTINCT FROM listed.public_list
        )
    ) END
FROM pricing_price p
LEFT JOIN LATERAL (
    SELECT jsonb_agg(jsonb_build_array(
            l.id, l.name, l.priority, l.tax_included, l.group_id IS NOT NULL,
            coalesce(l.ends_at::text, ''), lp.min_quantity, lp.amount_minor
        )) AS entries,
        min(coalesce(l.starts_at, '-infinity')) FILTER (
            WHERE l.group_id IS NULL AND lp.min_quantity = 1 AND lp.amount_minor < p.amount_minor
        ) AS since,
        min(l.id) FILTER (
            WHERE l.group_id IS NULL AND lp.min_quantity = 1 AND lp.amount_minor < p.amount_minor
        ) AS public_list
    FROM pricing_listprice lp JOIN pricing_pricelist l ON l.id = lp.price_list_id
    WHERE lp.variant_id = p.variant_id AND l.currency = p.currency AND l.is_active
      AND (l.starts_at IS NULL OR l.starts_at <= statement_timestamp())
      AND (l.ends_at IS NULL OR l.ends_at > statement_timestamp())
      AND (l.group_id IS NULL OR l.group_id IN (
        SELECT group_id FROM pricing_groupmember WHERE user_id = %s
      ))
) AS listed ON true
LEFT JOIN LATERAL (
    SELECT CASE
        WHEN listed.since > '-infinity' THEN listed.since
        WHEN listed.since IS NOT NULL THEN (
            SELECT min(c.at) FROM pricing_listpricechange c
            WHERE c.price_list_id = listed.public_list AND c.variant_id = p.variant_id
        )
        WHEN p.compare_at_minor IS NOT NULL THEN (
            SELECT max(c.at) FROM pricing_pricechange c
            WHERE c.variant_id = p.variant_id AND c.currency = p.currency
        ) END AS since
) AS reduced ON true
WHERE p.currency = %s AND p.variant_id = ANY (%s)
""")

# The country's own row has an empty region and comes first.
RATES = Planned("""
SELECT tax_class, name, rate_bps FROM pricing_taxrate
WHERE country = %s AND region IN (%s, '') AND tax_class = ANY (%s)
ORDER BY region
""")

_FOUND = """WITH mine AS (
    SELECT coalesce(array_agg(group_id), '{}') AS groups FROM pricing_groupmember
    WHERE user_id = %(user_id)s
), found AS (
    SELECT p.*, CASE
        WHEN NOT p.is_active THEN 'ended'
        WHEN p.starts_at > statement_timestamp() THEN 'early'
        WHEN p.ends_at <= statement_timestamp() THEN 'ended'
        WHEN p.currency NOT IN ('', %(currency)s) AND (p.amount_minor > 0 OR p.least_minor > 0)
            THEN 'currency'
        WHEN p.group_ids <> '{}' AND NOT p.group_ids && mine.groups THEN 'not-for-you'
        WHEN p.used >= p.max_uses THEN 'used-up'
        WHEN p.max_per_customer IS NOT NULL AND p.max_per_customer <= (
            SELECT count(*) FROM pricing_redemption r
            WHERE r.promotion_id = p.id AND r.released_at IS NULL
              AND (r.customer_key = %(customer_key)s OR r.user_id = %(user_id)s)
        ) THEN 'used-by-you'
        ELSE '' END AS refusal
    FROM pricing_promotion p CROSS JOIN mine
    WHERE p.code = ANY (%(codes)s)
       OR (p.code = '' AND p.is_active AND p.starts_at <= statement_timestamp()
           AND (p.ends_at IS NULL OR p.ends_at > statement_timestamp())
           AND (p.seller_id IS NULL OR p.seller_id = ANY (%(seller_ids)s)))
)"""

_TOLD = """jsonb_build_object(
            'id', f.id, 'seller_id', f.seller_id, 'label', f.label, 'code', f.code,
            'kind', f.kind, 'percent_bps', f.percent_bps, 'amount_minor', f.amount_minor,
            'buy', f.buy, 'get', f.get, 'least_minor', f.least_minor,
            'first_order', f.first_order, 'seller_ids', f.seller_ids,
            'product_ids', f.product_ids, 'category_keys', f.category_keys,
            'priority', f.priority, 'stackable', f.stackable, 'refusal', f.refusal,
            'starts_at', f.starts_at, 'ends_at', f.ends_at, 'is_limited',
            f.max_uses IS NOT NULL OR f.max_per_customer IS NOT NULL
        )"""

FACTS = Planned(f"""
{_FOUND}
SELECT
    (
        SELECT coalesce(jsonb_agg({_TOLD} ORDER BY f.id), '[]')
        FROM found f WHERE f.code <> '' OR f.refusal = ''
    ),
    (
        SELECT coalesce(jsonb_agg(jsonb_build_array(t.tax_class, t.name, t.rate_bps) ORDER BY t.nearness), '[]')
        FROM (
            SELECT tax_class, name, rate_bps, CASE region WHEN '' THEN 0 ELSE 1 END AS nearness
            FROM pricing_taxrate
            WHERE country = %(country)s AND region IN (%(region)s, '')
              AND tax_class = ANY (%(tax_classes)s)
            UNION ALL
            SELECT tax_class, name, rate_bps, 2 FROM pricing_placerate
            WHERE source = %(engine)s AND country = %(country)s AND region = %(region)s
              AND postal_code = %(postal_code)s AND tax_class = ANY (%(tax_classes)s)
              AND fetched_at > statement_timestamp() - interval '30 days'
        ) AS t
    )
""")  # noqa: E501, S608

# What applies by itself, as pages tell of it: also what this shopper has used up, as
# strangers have not. And whether a list is on that is for the shopper's groups alone.
STANDING = Planned(f"""
{_FOUND}
SELECT
    (
        SELECT coalesce(jsonb_agg(
            {_TOLD} || jsonb_build_object('for_group', f.group_ids <> '{{}}') ORDER BY f.id
        ), '[]')
        FROM found f WHERE f.refusal IN ('', 'used-by-you')
    ),
    EXISTS (
        SELECT FROM pricing_pricelist l CROSS JOIN mine
        WHERE l.group_id = ANY (mine.groups) AND l.is_active AND l.currency = %(currency)s
          AND l.seller_id = ANY (%(seller_ids)s)
          AND (l.starts_at IS NULL OR l.starts_at <= statement_timestamp())
          AND (l.ends_at IS NULL OR l.ends_at > statement_timestamp())
    )
""")  # noqa: S608

# What everybody could pay in the thirty days before a moment: the seller's prices, and
# lists open to all.
LOWEST = Planned("""
SELECT asked.variant_id, least(
    (
        SELECT min(c.amount_minor) FROM pricing_pricechange c
        WHERE c.variant_id = asked.variant_id AND c.currency = %(currency)s AND c.at < asked.since
          AND c.at >= coalesce((
            SELECT max(b.at) FROM pricing_pricechange b
            WHERE b.variant_id = asked.variant_id AND b.currency = %(currency)s
              AND b.at <= asked.since - interval '30 days'
          ), '-infinity')
    ),
    (
        SELECT min(c.amount_minor) FROM pricing_listpricechange c
        WHERE c.variant_id = asked.variant_id AND c.currency = %(currency)s
          AND c.starts_at < asked.since
          AND coalesce(c.ends_at, 'infinity') > asked.since - interval '30 days'
    )
)
FROM unnest(%(variant_ids)s::bigint[], %(since)s::timestamptz[]) AS asked (variant_id, since)
""")

# What promotions without a code gave everybody, and when: by the rows that a trigger writes.
# One that was used up ended with its last use. Left out is what was over thirty days before
# those that reduce prices now can have begun.
SPELLS = Planned("""
WITH spell AS MATERIALIZED (
    SELECT id, promotion_id, terms, since, until FROM (
        SELECT c.id, c.promotion_id, c.is_on, c.terms, greatest(c.starts_at, c.at) AS since,
            least(
                coalesce(c.ends_at, 'infinity'),
                coalesce(lead(c.at) OVER (PARTITION BY c.promotion_id ORDER BY c.id), 'infinity'),
                CASE WHEN p.used >= p.max_uses THEN (
                    SELECT max(r.claimed_at) FROM pricing_redemption r WHERE r.promotion_id = p.id
                ) ELSE 'infinity' END
            ) AS until
        FROM pricing_promotionchange c JOIN pricing_promotion p ON p.id = c.promotion_id
        WHERE p.seller_id IS NULL OR p.seller_id = ANY (%(seller_ids)s::bigint[])
    ) AS kept
    WHERE is_on AND since < until
)
SELECT terms, since, nullif(until, 'infinity'), until > statement_timestamp()
FROM spell
WHERE promotion_id = ANY (%(reducing)s::bigint[]) OR until > least(
    %(earliest)s::timestamptz,
    (SELECT min(own.since) FROM spell own WHERE own.promotion_id = ANY (%(reducing)s::bigint[]))
) - interval '30 days'
ORDER BY promotion_id, id
""")

CLAIM = """
INSERT INTO pricing_redemption (
    promotion_id, order_token, customer_key, user_id, amount_minor, currency
)
SELECT promotion_id, %s, %s, %s, amount_minor, %s
FROM unnest(%s::bigint[], %s::bigint[]) AS used (promotion_id, amount_minor)
ORDER BY promotion_id
"""

# Rows of promotions are locked in their order, as those who claim several lock them, before
# any is counted down: an update comes by its rows in whatever order they are found.
RELEASE = """
WITH held AS MATERIALIZED (
    SELECT p.id FROM pricing_promotion p
    WHERE p.id IN (
        SELECT promotion_id FROM pricing_redemption
        WHERE order_token = %(order)s AND released_at IS NULL
    )
    ORDER BY p.id FOR NO KEY UPDATE
)
UPDATE pricing_redemption SET released_at = statement_timestamp()
WHERE order_token = %(order)s AND released_at IS NULL
    AND promotion_id IN (SELECT id FROM held)
"""

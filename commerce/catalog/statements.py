"""The catalog's hot reads: every cart, product page and card begins with them."""

from commerce.kernel.sql import Planned

_SALE_DATA = """
SELECT
    v.id, v.product_id, p.seller_id, v.sku, v.option_values, v.weight_grams, t.tax_class,
    coalesce(l.title, p.name), coalesce(l.path, ''), coalesce(l.image, '{}'),
    v.is_active AND p.state = 'active' AND coalesce(l.is_live, false),
    coalesce(l.category_keys, '{}')
FROM catalog_variant v
JOIN catalog_product p ON p.id = v.product_id
JOIN catalog_producttype t ON t.id = p.type_id
LEFT JOIN catalog_listing l ON l.product_id = p.id AND l.locale = %s
WHERE WANTED
ORDER BY v.position, v.id
"""

SALE_DATA_OF_VARIANTS = Planned(_SALE_DATA.replace("WANTED", "v.id = ANY (%s)"))
SALE_DATA_OF_PRODUCTS = Planned(
    _SALE_DATA.replace("WANTED", "v.product_id = ANY (%s) AND v.is_active")
)

PRODUCTS = Planned("""
SELECT
    p.id, p.seller_id, t.code, t.tax_class, p.handle, p.name, p.brand, p.options,
    p.specifications, p.state
FROM catalog_product p JOIN catalog_producttype t ON t.id = p.type_id
WHERE p.id = ANY (%s)
""")

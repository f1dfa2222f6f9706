"""The statements that write generated products, in the order in which they run."""

TEMPLATES = """
CREATE TEMPORARY TABLE template ON COMMIT DROP AS
SELECT row_number() OVER (ORDER BY md5(page.page_ptr_id::text)) - 1 AS number,
       product.id AS product_id, product.seller_id, seller_page.page_ptr_id AS seller_page_id,
       page.page_ptr_id AS page_id,
       (SELECT min(id) FROM inventory_location WHERE seller_id = product.seller_id) AS location_id,
       (SELECT min(amount_minor) FROM pricing_price price
          JOIN catalog_variant variant ON variant.id = price.variant_id
         WHERE variant.product_id = product.id AND price.currency = %s) AS amount_minor
  FROM pages_productpage page
  JOIN wagtailcore_page node ON node.id = page.page_ptr_id AND node.live
  JOIN catalog_product product ON product.id = page.product_id
  JOIN catalog_listing listing ON listing.product_id = product.id AND listing.is_live
  JOIN pages_sellerpage seller_page ON seller_page.seller_id = product.seller_id
 WHERE node.slug NOT LIKE 'generated-%%'
"""

NUMBERS = """
CREATE TEMPORARY TABLE made ON COMMIT DROP AS
SELECT serial AS number, 'generated-' || to_char(serial, 'FM0000000') AS handle,
       template.product_id AS template_id, template.seller_id, template.seller_page_id,
       template.page_id AS template_page_id, template.location_id,
       (template.amount_minor * (80 + serial %% 60) / 100)::bigint AS amount_minor,
       NULL::bigint AS product_id, NULL::integer AS page_id, NULL::text AS path,
       now() - serial * interval '1 second' AS at
  FROM generate_series(%s, %s) AS serial
  JOIN template ON template.number = serial %% (SELECT count(*) FROM template)
"""

COMMERCE = (
    """
    INSERT INTO catalog_product
           (handle, name, brand, options, specifications, state, created_at, seller_id, type_id)
    SELECT made.handle, left(product.name, 80) || ' No. ' || made.number, product.brand,
           '["Size"]', product.specifications, 'active', made.at, product.seller_id, product.type_id
      FROM made JOIN catalog_product product ON product.id = made.template_id
     ORDER BY made.number
    """,
    """
    UPDATE made SET product_id = product.id FROM catalog_product product
     WHERE product.seller_id = made.seller_id AND product.handle = made.handle
    """,
    """
    INSERT INTO catalog_variant (sku, option_values, position, barcode, weight_grams, is_active,
                                 created_at, product_id)
    SELECT 'GEN-' || made.number || '-' || size, jsonb_build_array(size), place, '', 400, true,
           made.at, made.product_id
      FROM made CROSS JOIN unnest(ARRAY['S', 'M', 'L']) WITH ORDINALITY AS sizes (size, place)
     ORDER BY made.number, place
    """,
    """
    INSERT INTO pricing_price (currency, amount_minor, changed_at, variant_id)
    SELECT %(currency)s, greatest(made.amount_minor, 100), made.at, variant.id
      FROM made JOIN catalog_variant variant ON variant.product_id = made.product_id
     ORDER BY variant.id
    """,
    """
    INSERT INTO inventory_stock (on_hand, reserved, low_at, location_id, variant_id)
    SELECT 1000000, 0, 5, made.location_id, variant.id
      FROM made JOIN catalog_variant variant ON variant.product_id = made.product_id
     ORDER BY variant.id
    """,
)

PLACES = """
UPDATE made SET path = place.path
  FROM unnest(%s::int[], %s::text[]) AS place (number, path) WHERE place.number = made.number
"""

CONTENT = (
    """
    INSERT INTO wagtailcore_page
           (path, depth, numchild, title, draft_title, slug, live, has_unpublished_changes,
            url_path, seo_title, show_in_menus, search_description, expired, content_type_id,
            locked, first_published_at, last_published_at, translation_key, locale_id)
    SELECT made.path, node.depth, 0, left(node.title, 80) || ' No. ' || made.number,
           left(node.title, 80) || ' No. ' || made.number, made.handle, true, false,
           parent.url_path || made.handle || '/', '', false, node.search_description, false,
           node.content_type_id, false, made.at, made.at, gen_random_uuid(), node.locale_id
      FROM made
      JOIN wagtailcore_page node ON node.id = made.template_page_id
      JOIN wagtailcore_page parent ON parent.id = made.seller_page_id
     ORDER BY made.number
    """,
    """
    UPDATE made SET page_id = node.id FROM wagtailcore_page node WHERE node.path = made.path
    """,
    """
    INSERT INTO pages_productpage (page_ptr_id, summary, description, body, product_id)
    SELECT made.page_id, page.summary, page.description, page.body, made.product_id
      FROM made JOIN pages_productpage page ON page.page_ptr_id = made.template_page_id
    """,
    """
    INSERT INTO pages_productimage (sort_order, alt, option_value, image_id, page_id)
    SELECT image.sort_order, image.alt, '', image.image_id, made.page_id
      FROM made JOIN pages_productimage image ON image.page_id = made.template_page_id
    """,
    """
    INSERT INTO pages_productpage_categories (productpage_id, categorypage_id)
    SELECT made.page_id, shelf.categorypage_id
      FROM made JOIN pages_productpage_categories shelf
        ON shelf.productpage_id = made.template_page_id
    """,
    """
    INSERT INTO catalog_listing (locale, page_id, title, summary, path, image, category_keys,
                                 is_live, first_published_at, updated_at, product_id)
    SELECT listing.locale, made.page_id, node.title, listing.summary,
           regexp_replace(listing.path, '[^/]+/$', made.handle || '/'), listing.image,
           listing.category_keys, true, made.at, made.at, made.product_id
      FROM made
      JOIN wagtailcore_page node ON node.id = made.page_id
      JOIN catalog_listing listing ON listing.product_id = made.template_id
    """,
)

"""Orders, stock and prices point at variants: what identifies one stays what it is."""

from django.db import migrations

FORWARD = """
CREATE FUNCTION catalog_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '%: %', TG_TABLE_NAME, TG_ARGV[0] USING ERRCODE = 'check_violation';
END $$;
CREATE TRIGGER variant_stays_itself BEFORE UPDATE ON catalog_variant
    FOR EACH ROW WHEN (NEW.sku <> OLD.sku OR NEW.product_id <> OLD.product_id)
    EXECUTE FUNCTION catalog_refuse('SKU and product of a variant never change');
CREATE TRIGGER product_stays_with_its_seller BEFORE UPDATE ON catalog_product
    FOR EACH ROW WHEN (NEW.seller_id <> OLD.seller_id)
    EXECUTE FUNCTION catalog_refuse('the seller of a product never changes');
"""

BACKWARD = """
DROP TRIGGER product_stays_with_its_seller ON catalog_product;
DROP TRIGGER variant_stays_itself ON catalog_variant;
DROP FUNCTION catalog_refuse();
"""


class Migration(migrations.Migration):
    dependencies = [("catalog", "0001_initial")]

    operations = [migrations.RunSQL(FORWARD, BACKWARD)]

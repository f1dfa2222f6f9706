"""No label is bought for an order whose money is not taken yet."""

from django.db import migrations

FORWARD = """
CREATE TRIGGER label_is_charged AFTER INSERT ON fulfillment_label
    FOR EACH ROW EXECUTE FUNCTION orders_sent_is_charged();
"""

BACKWARD = """
DROP TRIGGER label_is_charged ON fulfillment_label;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("checkout", "0005_vat_check_and_estimate"),
        ("fulfillment", "0007_labels_count_as_packed"),
        ("orders", "0011_awaits_capture"),
    ]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]

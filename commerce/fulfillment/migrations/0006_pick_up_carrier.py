"""Nobody carries what is picked up; the row stands for that wherever a carrier is asked for."""

from django.db import migrations

FORWARD = """
INSERT INTO fulfillment_carrier (code, name, tracking_url, phone)
VALUES ('pick-up', 'Pick-up', '', '') ON CONFLICT (code) DO NOTHING
"""


class Migration(migrations.Migration):
    dependencies = [("fulfillment", "0005_label_guards")]

    operations = [migrations.RunSQL(FORWARD, migrations.RunSQL.noop)]

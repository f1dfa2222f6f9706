from django.db import migrations


class Migration(migrations.Migration):
    """Where tries are counted while Redis is away, see storefront.cache. A crash may empty it."""

    initial = True
    dependencies = []
    operations = [
        migrations.RunSQL(
            """
            CREATE UNLOGGED TABLE limits_without_redis (
                cache_key varchar(255) PRIMARY KEY,
                value text NOT NULL,
                expires timestamptz NOT NULL
            );
            CREATE INDEX limits_without_redis_expires ON limits_without_redis (expires);
            """,
            "DROP TABLE limits_without_redis",
        )
    ]

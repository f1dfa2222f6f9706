from django.db import migrations


def seal(apps, schema_editor):
    """Encrypt what older versions kept in plain text."""
    from storefront.second_factor import reseal

    reseal(apps.get_model("mfa", "Authenticator"))


class Migration(migrations.Migration):
    dependencies = [
        ("storefront", "0001_limits_without_redis"),
        ("mfa", "0003_authenticator_type_uniq"),
    ]

    operations = [migrations.RunPython(seal, migrations.RunPython.noop)]

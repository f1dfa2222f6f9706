"""A shop without any kind of product could sell nothing: it starts with a general one."""

from django.db import migrations, models

FIRST = """
INSERT INTO catalog_producttype (code, name, tax_class, attributes)
SELECT 'general', 'General goods', 'standard', '[]'
WHERE NOT EXISTS (SELECT 1 FROM catalog_producttype)
"""


class Migration(migrations.Migration):
    dependencies = [("catalog", "0002_guards")]

    operations = [
        migrations.AlterField(
            model_name="producttype",
            name="tax_class",
            field=models.CharField(
                choices=[
                    ("standard", "Standard"),
                    ("reduced", "Reduced"),
                    ("super-reduced", "Super-reduced"),
                    ("food", "Food"),
                    ("books", "Books"),
                    ("exempt", "Exempt: never taxed"),
                ],
                default="standard",
                max_length=20,
            ),
        ),
        migrations.RunSQL(FIRST, migrations.RunSQL.noop),
    ]

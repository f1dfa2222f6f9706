from django.apps import AppConfig
from django.core.checks import Tags, register


class PricingConfig(AppConfig):
    name = "commerce.pricing"
    label = "pricing"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from . import checks

        register(checks.currencies_can_be_sold_in)
        register(checks.tax_rates_are_kept, Tags.database, deploy=True)

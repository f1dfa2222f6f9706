from typing import Any

from django.core.management import BaseCommand, CommandError

from commerce.hooks.operations import reseal_secrets
from commerce.kernel.sealing import CannotOpen
from storefront.second_factor import reseal


class Command(BaseCommand):
    help = "Encrypts second factors and secrets under the first of FIELD_ENCRYPTION_KEYS."

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            count, addresses = reseal(), reseal_secrets()
        except CannotOpen as error:
            raise CommandError(str(error)) from error
        self.stdout.write(
            f"{count} second factors and {addresses} secrets of sellers' addresses"
            " are sealed with the first key."
        )

from typing import Any

from django.core.management import BaseCommand, CommandError

from commerce.kernel.sealing import CannotOpen
from storefront.second_factor import reseal


class Command(BaseCommand):
    help = "Encrypts every second factor under the first of FIELD_ENCRYPTION_KEYS."

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            count = reseal()
        except CannotOpen as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{count} second factors are sealed with the first key.")

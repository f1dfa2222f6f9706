from django.core.management.base import BaseCommand

from commerce.discovery import operations


class Command(BaseCommand):
    help = "Rebuild the cards of all products from what their owners say. Safe while serving."

    def handle(self, *args: object, **options: object) -> None:
        done = 0
        for done in operations.rebuild():
            self.stdout.write(f"{done:,} products", ending="\r")
            self.stdout.flush()
        self.stdout.write(self.style.SUCCESS(f"{done:,} products: cards are up to date."))

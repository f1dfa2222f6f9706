import logging
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from cms.importing.demo import load, scale


class Command(BaseCommand):
    help = "Load the demo marketplace: six shops, their goods, pages, people. Development only."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--if-empty", action="store_true", help="Only into an empty shop.")
        parser.add_argument("--accounts", action="store_true", help="Print the demo accounts.")
        parser.add_argument(
            "--scale", type=int, default=0, metavar="N", help="Add N generated products."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        # One line for each of some thousand saves tells nobody anything.
        for name in ("django_tasks", "wagtail", "django_structlog.celery.receivers"):
            logging.getLogger(name).setLevel(logging.WARNING)
        if options["accounts"]:
            for role, email, password in load.accounts_table():
                self.stdout.write(f"{role:<36} {email:<36} {password}")
            return
        if not settings.DEBUG:
            raise CommandError(
                "The demo makes accounts with known passwords, so it is refused while DEBUG is off."
            )
        if load.is_loaded() and (options["if_empty"] or options["scale"]):
            self.stdout.write("Demo: loaded already")
        else:
            load.load(say=self._say)
        if options["scale"]:
            scale.add_products(count=options["scale"], say=self._say)

    def _say(self, text: str) -> None:
        self.stdout.write(text)
        self.stdout.flush()

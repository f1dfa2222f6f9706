"""What the machines around the shop ask: does it live, may it get visitors. Open to all."""

from typing import ClassVar

from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse

from storefront.middleware import Handler


class HealthMiddleware:
    """Answer the health checks before hosts, sessions, logs or pages are looked at."""

    # Once every migration of this code is applied it stays so while the process lives.
    migrated: ClassVar[bool] = False

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path_info == "/health/live":
            return _say("ok")
        if request.path_info == "/health/ready":
            problem = self._problem()
            return _say(problem or "ok", status=503 if problem else 200)
        return self.get_response(request)

    def _problem(self) -> str:
        """Name what keeps visitors away. Without Redis the shop goes on, so that is not asked."""
        try:
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1")
            if not self.migrated:
                executor = MigrationExecutor(connection)
                if executor.migration_plan(executor.loader.graph.leaf_nodes()):
                    return "migrations are missing"
                type(self).migrated = True
        except DatabaseError:
            return "no database"
        return ""


def _say(status_text: str, status: int = 200) -> HttpResponse:
    headers = {"Cache-Control": "no-store"}
    return JsonResponse({"status": status_text}, status=status, headers=headers)

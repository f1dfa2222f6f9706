"""Addresses of the import screen, each declared in the wall's list."""

from typing import Any

from django.urls import URLPattern, path

from cms.selling.policy import Door, declare

from . import views

app_name = "importing"


def screen(route: str, view: Any, name: str) -> URLPattern:
    """Route to a screen that limits a seller's people to their own imports."""
    declare(f"{app_name}:{name}", Door.SCOPED, view.work)
    return path(route, view.as_view(), name=name)


urlpatterns = [
    screen("", views.JobList, "jobs"),
    screen("new/", views.NewImport, "new"),
    screen("export/", views.ExportFile, "export"),
    screen("<int:job_id>/", views.JobDetail, "job"),
    screen("<int:job_id>/import/", views.ImportForReal, "import"),
    screen("<int:job_id>/go-on/", views.GoOn, "go_on"),
    screen("<int:job_id>/problems.csv", views.ProblemFile, "problems"),
]

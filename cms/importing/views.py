"""The import screen: of staff for every seller, of a seller's people for their own."""

import csv
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.functional import cached_property
from django.views import View
from django.views.generic import TemplateView
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin

from cms.selling.policy import Work
from commerce.sellers import queries as sellers

from . import operations, queries
from .cells import MOST_DIGITS
from .exporting import export
from .forms import ImportForm
from .formulas import disarmed
from .models import ImportJob
from .running import PERMISSION
from .tasks import run

PER_PAGE = 50
LOOK_AGAIN_SECONDS = 3


class ImportScreen:
    """Open to a seller's owners and editors for their own imports, and to administrators."""

    work = Work.CONTENT
    request: HttpRequest

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        workspace = getattr(request, "seller_workspace", None)
        if workspace is not None and workspace.role not in self.work.value:
            raise Http404
        if workspace is None and not request.user.has_perm(PERMISSION):
            raise PermissionDenied
        self.seller_id: int | None = workspace.seller_id if workspace else None
        super().setup(request, *args, **kwargs)  # type: ignore[misc]

    @cached_property
    def job(self) -> ImportJob:
        """The import that the address names. Another seller's does not exist."""
        jobs = ImportJob.objects.select_related("seller", "user")
        if self.seller_id is not None:
            jobs = jobs.filter(seller_id=self.seller_id)
        job = jobs.filter(pk=self.kwargs["job_id"]).first()  # type: ignore[attr-defined]
        if job is None:
            raise Http404
        return job


class Screen(ImportScreen, WagtailAdminTemplateMixin, TemplateView):
    header_icon = "upload"

    def get_breadcrumbs_items(self) -> list[dict[str, str]]:
        items = [{"url": reverse("wagtailadmin_home"), "label": "Home"}]
        if not isinstance(self, JobList):
            items.append({"url": reverse("importing:jobs"), "label": JobList.page_title})
        return [*items, {"url": "", "label": self.page_title}]


class JobList(Screen):
    """The latest imports, and the way to a new one."""

    page_title = "Imports"
    template_name = "admin/importing/jobs.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        jobs = queries.jobs_of(seller_id=self.seller_id)
        return super().get_context_data(jobs=jobs, is_staff=self.seller_id is None, **kwargs)


class NewImport(Screen):
    """Takes a file in and starts the work."""

    page_title = "Import products"
    template_name = "admin/importing/new.html"

    def form(self, *data: Any) -> ImportForm:
        may_publish = True
        if self.seller_id is not None:
            may_publish = sellers.sellers(seller_ids=[self.seller_id])[self.seller_id].trusted
        return ImportForm(*data, seller_id=self.seller_id, may_publish=may_publish)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        kwargs.setdefault("form", self.form())
        return super().get_context_data(**kwargs)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        form = self.form(request.POST, request.FILES)
        if not form.is_valid():
            return self.render_to_response(self.get_context_data(form=form))
        wanted = form.cleaned_data
        try:
            job = operations.start(
                seller_id=self.seller_id or wanted["seller"],
                data=wanted["file"].read(),
                file_name=wanted["file"].name,
                user=request.user,
                dry_run=wanted["dry_run"],
                ending=wanted["ending"],
                fetch_images=wanted["fetch_images"],
            )
        except operations.AlreadyRunning:
            form.add_error("file", "This file is being imported already.")
            return self.render_to_response(self.get_context_data(form=form))
        except operations.TooManyOpen as refusal:
            form.add_error(None, str(refusal))
            return self.render_to_response(self.get_context_data(form=form))
        _begin(job)
        return redirect("importing:job", job_id=job.pk)


class JobDetail(Screen):
    """How far an import is, and what is wrong with the file."""

    template_name = "admin/importing/job.html"

    @property
    def page_title(self) -> str:
        return self.job.file_name

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        problems = self.job.problems.order_by("-stops_product", "row", "pk")
        page = Paginator(problems, PER_PAGE).get_page(self.request.GET.get("p"))
        return super().get_context_data(
            job=self.job,
            problems=page,
            page_range=page.paginator.get_elided_page_range(page.number),
            is_staff=self.seller_id is None,
            **kwargs,
        )

    def render_to_response(self, context: dict[str, Any], **kwargs: Any) -> HttpResponse:
        response = super().render_to_response(context, **kwargs)
        if self.job.is_open:
            response["Refresh"] = str(LOOK_AGAIN_SECONDS)
        return response


class ImportForReal(ImportScreen, View):
    """Imports a file that was checked."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        checked = self.job
        if not checked.dry_run or checked.state != ImportJob.State.DONE:
            raise Http404
        if not checked.file:
            messages.error(
                request, "The file is older than 30 days and was deleted. Upload it again."
            )
            return redirect("importing:new")
        with checked.file.open("rb") as file:
            data = file.read()
        try:
            job = operations.start(
                seller_id=checked.seller_id,
                data=data,
                file_name=checked.file_name,
                user=request.user,
                ending=checked.ending,
                fetch_images=checked.fetch_images,
            )
        except operations.AlreadyRunning:
            messages.error(request, "This file is being imported already.")
            return redirect("importing:jobs")
        except operations.TooManyOpen as refusal:
            messages.error(request, str(refusal))
            return redirect("importing:job", job_id=checked.pk)
        _begin(job)
        return redirect("importing:job", job_id=job.pk)


class GoOn(ImportScreen, View):
    """Takes up an import whose worker was lost."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if self.job.is_open:
            _begin(self.job)
        return redirect("importing:job", job_id=self.job.pk)


class ProblemFile(ImportScreen, View):
    """All problems of an import as a table."""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        response = _attachment(f"problems-{self.job.pk}.csv")
        writer = csv.writer(response)
        writer.writerow(["Row", "Column", "Handle", "Imported", "Problem"])
        for problem in self.job.problems.order_by("row", "pk").iterator():
            imported = "no" if problem.stops_product else "yes"
            cells = [problem.column, problem.handle, imported, problem.message]
            writer.writerow([problem.row, *map(disarmed, cells)])
        return response


class ExportFile(ImportScreen, View):
    """A seller's products as the file an import reads back."""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        asked = request.GET.get("seller", "")
        seller_id = self.seller_id or (
            int(asked) if asked.isdecimal() and len(asked) <= MOST_DIGITS else 0
        )
        if not sellers.sellers(seller_ids=[seller_id]):
            raise Http404
        response = _attachment("products.csv")
        export(seller_id=seller_id, output=response)  # type: ignore[arg-type]
        return response


def _begin(job: ImportJob) -> None:
    if job.is_open:
        transaction.on_commit(lambda: run.delay(job_id=job.pk))


def _attachment(name: str) -> HttpResponse:
    response = HttpResponse(content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response

"""The form of a product page: drafts may be incomplete, what goes live may not."""

from typing import Any

from django import forms
from wagtail import hooks
from wagtail.admin.forms.pages import CopyForm, WagtailAdminPageForm

from . import completeness


class CategoryField(forms.ModelMultipleChoiceField):
    """Categories by their whole way through the tree, in the tree's order."""

    widget = forms.CheckboxSelectMultiple

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._titles: dict[str, str] = {}

    def label_from_instance(self, obj: Any) -> str:
        # Parents come first, so their title is known by now.
        above = self._titles.get(obj.path[: -obj.steplen])
        self._titles[obj.path] = f"{above} > {obj.title}" if above else obj.title
        return self._titles[obj.path]


class SellersPageForm(WagtailAdminPageForm):
    """A page on a seller's ground. Hooks may refuse what its editor put there."""

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean()
        for check in hooks.get_hooks("check_sellers_page_form"):
            check(self)
        seller_id = getattr(self.instance, "seller_id", None)
        if not self.is_deferred_validation and (message := completeness.away(seller_id=seller_id)):
            self.add_error(None, message)
        return cleaned


class ProductPageForm(SellersPageForm):
    categories = CategoryField(queryset=None, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "categories" in self.fields:
            shelves = self.instance._meta.get_field("categories").related_model.objects
            self.fields["categories"].queryset = shelves.live().order_by("path")

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean()
        problems = completeness.problems_of_words(
            title=cleaned.get("title") or "", description=cleaned.get("description") or ""
        )
        if not self.is_deferred_validation:
            problems = {**self._lacking(cleaned), **problems}
        for field, message in problems.items():
            self.add_error(field if field in self.fields else None, message)
        return cleaned

    def _lacking(self, cleaned: dict[str, Any]) -> dict[str, str]:
        problems = completeness.lacking(
            description=cleaned.get("description") or "",
            pictures=self._pictures(),
            has_category=bool(cleaned.get("categories")),
        )
        if message := completeness.unsellable(product_id=self.instance.product_id):
            problems["product"] = message
        elif self.instance.another_page_is_live():
            problems["product"] = "Another page presents this product already."
        return problems

    def _pictures(self) -> list[dict[str, Any]]:
        formset = self.formsets["gallery"]
        formset.is_valid()
        return [
            form.cleaned_data
            for form in formset.forms
            if form not in formset.deleted_forms and getattr(form, "cleaned_data", None)
        ]


class DraftCopyForm(CopyForm):
    """Copies start as drafts: a copy has no product yet, and no page goes live without one."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields.pop("publish_copies", None)

"""Forms about an order that is not kept: how many of what, why, and what instead."""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms

from commerce.returns.operations import MAX_PICTURE_BYTES, MOST_PICTURES
from commerce.returns.queries import ReturnLabelData
from commerce.returns.types import LineChoice, PartChoices, Wish
from storefront.amounts import shown

CANCEL_REASONS = [
    ("changed-mind", "I changed my mind"),
    ("mistake", "Ordered by mistake"),
    ("too-late", "It takes too long"),
    ("other", "Another reason"),
]
RETURN_REASONS = [
    ("changed-mind", "I changed my mind"),
    ("does-not-fit", "It does not fit"),
    ("not-as-described", "It is not as described"),
    ("damaged", "It arrived damaged"),
    ("defective", "It does not work"),
    ("wrong-item", "I got something else"),
    ("other", "Another reason"),
]
CLAIM_REASONS = [("lost", "It never came"), ("damaged", "It came damaged")]
WAYS_BACK = [
    ("method", "The way I paid"),
    ("store_credit", "Store credit in my account"),
    ("gift_card", "A gift card by email"),
]
FOR_GUESTS = [way for way in WAYS_BACK if way[0] != "store_credit"]
REMEDIES = [("refund", "My money back"), ("exchange", "The same again, or another variant")]


class _Files(forms.ClearableFileInput):
    allow_multiple_selected = True


class FilesField(forms.FileField):
    """Any number of files."""

    widget = _Files

    def clean(self, data: Any, initial: Any = None) -> list[Any]:
        given = data if isinstance(data, list | tuple) else [data]
        return [super(FilesField, self).clean(one, initial) for one in given if one]


class UnitsForm(forms.Form):
    """How many units of each line; every line that can be chosen has its field."""

    def __init__(self, *args: Any, parts: Sequence[PartChoices], which: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.parts = parts
        self.which = which
        for part in parts:
            for line in self.lines_of(part):
                if line.most:
                    self.fields[self.key(line)] = forms.IntegerField(
                        label=f"How many of {line.title}",
                        min_value=0,
                        max_value=line.most,
                        required=False,
                        error_messages={
                            "max_value": "Choose %(limit_value)s at most.",
                            "min_value": "Choose 0 or more.",
                            "invalid": "Type a whole number.",
                        },
                        widget=forms.NumberInput(
                            attrs={"class": "input input--count", "inputmode": "numeric"}
                        ),
                    )

    def lines_of(self, part: PartChoices) -> tuple[LineChoice, ...]:
        lines: tuple[LineChoice, ...] = getattr(part, self.which)
        return lines

    @staticmethod
    def key(line: LineChoice) -> str:
        return f"units_{line.order_line_id}"

    @property
    def groups(self) -> list[tuple[PartChoices, list[tuple[LineChoice, Any]]]]:
        """Each part with its lines and, for those that can be chosen, their fields."""
        return [
            (
                part,
                [
                    (line, self[self.key(line)] if self.key(line) in self.fields else None)
                    for line in self.lines_of(part)
                ],
            )
            for part in self.parts
            if self.lines_of(part)
        ]

    @property
    def has_choices(self) -> bool:
        return any(name.startswith("units_") for name in self.fields)

    @property
    def units(self) -> dict[int, int]:
        return {
            int(name.removeprefix("units_")): count
            for name, count in self.cleaned_data.items()
            if name.startswith("units_") and count
        }

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        asked = any(name.startswith("units_") for name in self.errors)
        if not asked and not self.units:
            raise forms.ValidationError("Choose at least one item: type how many of it.")
        return data


class WishForm(UnitsForm):
    """What a shopper asks for, and why."""

    reason = forms.ChoiceField(
        label="Why?", error_messages={"required": "Choose why. It decides what happens next."}
    )
    note = forms.CharField(
        label="Tell more",
        required=False,
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3, "class": "input"}),
    )

    def __init__(
        self,
        *args: Any,
        kind: str,
        is_guest: bool = False,
        instead: Mapping[int, Mapping[int, str]] | None = None,
        **kwargs: Any,
    ) -> None:
        which = {"cancel": "cancel", "return": "returns", "claim": "claims"}[kind]
        super().__init__(*args, which=which, **kwargs)
        reasons = {"cancel": CANCEL_REASONS, "return": RETURN_REASONS, "claim": CLAIM_REASONS}
        first = [] if kind == "cancel" else [("", "Choose")]
        self.fields["reason"].choices = first + reasons[kind]  # type: ignore[attr-defined]
        self.fields["reason"].widget.attrs["class"] = "input"
        if kind == "cancel":
            return
        self.fields["pictures"] = FilesField(
            label="Pictures",
            required=False,
            help_text="JPEG, PNG or WebP, at most five of 8 MB. They help when it is broken.",
            widget=_Files(attrs={"accept": "image/jpeg,image/png,image/webp", "class": "input"}),
        )
        self.fields["remedy"] = forms.ChoiceField(
            label="What would you like?", choices=REMEDIES, initial="refund"
        )
        self.fields["refund_to"] = forms.ChoiceField(
            label="Money back to",
            choices=FOR_GUESTS if is_guest else WAYS_BACK,
            initial="method",
            error_messages={
                "invalid_choice": "Choose one of these ways. Store credit needs an account."
            },
        )
        for name in ("remedy", "refund_to"):
            self.fields[name].widget.attrs["class"] = "input"
        titles = {
            line.order_line_id: line.title for part in self.parts for line in self.lines_of(part)
        }
        for line_id, variants in (instead or {}).items():
            if f"units_{line_id}" in self.fields and len(variants) > 1:
                self.fields[f"instead_{line_id}"] = forms.TypedChoiceField(
                    label=f"In exchange for {titles[line_id]}",
                    choices=[("", "The same again"), *variants.items()],
                    coerce=int,
                    empty_value=None,
                    required=False,
                    widget=forms.Select(attrs={"class": "input"}),
                )

    def clean_pictures(self) -> list[bytes]:
        """Read pictures only when they are few and small enough."""
        files = self.cleaned_data["pictures"]
        if len(files) > MOST_PICTURES:
            raise forms.ValidationError(f"Choose at most {MOST_PICTURES} pictures.")
        for place, file in enumerate(files, start=1):
            if file.size > MAX_PICTURE_BYTES:
                raise forms.ValidationError(
                    f"Picture {place} is larger than 8 MB. Choose a smaller one."
                )
        return [file.read() for file in files]

    @property
    def instead_fields(self) -> list[Any]:
        """Fields for what is wanted in exchange, of lines that come in several variants."""
        return [self[name] for name in self.fields if name.startswith("instead_")]

    def wish(self) -> Wish:
        """Return what was typed. Pictures were read into memory by now."""
        given = self.cleaned_data
        return Wish(
            units=self.units,
            reason=given["reason"],
            note=given["note"],
            remedy=given.get("remedy") or "refund",
            refund_to=given.get("refund_to") or "method",
            replacements={
                int(name.removeprefix("instead_")): variant
                for name, variant in given.items()
                if name.startswith("instead_") and variant
            },
            pictures=given.get("pictures", []),
        )


class WithdrawForm(UnitsForm):
    """A declaration of withdrawal: who, about what, and where the receipt goes."""

    name = forms.CharField(
        label="Your name",
        max_length=120,
        widget=forms.TextInput(attrs={"autocomplete": "name", "class": "input"}),
    )
    email = forms.EmailField(
        label="Email address for the receipt",
        widget=forms.EmailInput(attrs={"autocomplete": "email", "class": "input"}),
    )


class AppealForm(forms.Form):
    """What the marketplace should know about a seller's no."""

    note = forms.CharField(
        label="What should Stoa know?",
        help_text="Stoa reads what you and the seller said, and decides.",
        max_length=1000,
        error_messages={"required": "Say what Stoa should know, so that we can decide."},
        widget=forms.Textarea(attrs={"rows": 3, "class": "input"}),
    )


class SentForm(forms.Form):
    """How the goods went back: where there is a label, with it or not is always said."""

    way = forms.ChoiceField(
        label="How did you send it?",
        widget=forms.RadioSelect,
        error_messages={"required": "Say whether you sent it with the label."},
    )
    tracking_number = forms.CharField(
        label="Tracking number",
        required=False,
        max_length=60,
        widget=forms.TextInput(attrs={"autocomplete": "off", "class": "input"}),
    )

    def __init__(self, *args: Any, label: ReturnLabelData | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if label is None or not label.is_ready:
            del self.fields["way"]
            return
        cost = label.cost if label.payer == "shopper" else None
        taken = f", which costs {shown(cost)}" if cost else ""
        other = ", at my own cost" if cost else ""
        self.fields["way"].choices = [  # type: ignore[attr-defined]
            ("label", f"With this label{taken}"),
            ("other", f"Another way{other}"),
        ]
        self.fields[
            "tracking_number"
        ].help_text = "Only for another way: the label's number is known."

    @property
    def with_label(self) -> bool:
        return self.cleaned_data.get("way") == "label"

"""The form of a picture."""

from typing import Any

from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import UploadedFile
from wagtail.images.forms import BaseImageForm

from .metadata import without_metadata


class PictureForm(BaseImageForm):
    """Takes a picture in without what its camera says about its owner."""

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if not isinstance(file, UploadedFile):
            return file
        file.seek(0)
        data = file.read()
        file.seek(0)
        try:
            plain = without_metadata(data)
        except Exception as error:
            raise ValidationError("The picture is damaged. Save it anew.") from error
        return file if plain == data else ContentFile(plain, name=file.name)

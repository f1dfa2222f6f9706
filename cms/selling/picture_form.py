"""The form of a picture, as it is for sellers."""

from typing import Any

from cms.media import forms

from . import queries


class PictureForm(forms.PictureForm):
    """Sellers upload pictures and describe them; the file of one stays.

    Another file would stand on every page that shows the picture, unseen by the
    moderators who let that page go live.
    """

    def __init__(self, *args: Any, user: Any = None, **kwargs: Any) -> None:
        super().__init__(*args, user=user, **kwargs)
        if self.instance.pk and user and queries.workspace_of(user_id=user.pk):
            self.fields.pop("file", None)

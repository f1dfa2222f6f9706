"""Where private files lie when there is no bucket for them."""

from django.core.files.storage import FileSystemStorage


class PrivateFileSystemStorage(FileSystemStorage):
    """Files on disk without an address; views that know who asks hand them out."""

    def url(self, name: str | None) -> str:
        raise NotImplementedError("Private files have no address.")

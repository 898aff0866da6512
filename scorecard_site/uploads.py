"""A bound for files that are sent, before any of their bytes is kept."""

from typing import Any

from django.core.exceptions import RequestDataTooBig
from django.core.files.uploadhandler import FileUploadHandler

# Above every limit that a page tells: there the page says what to do, here nobody listens.
MOST_BYTES = 32 * 1024 * 1024


class BoundedUpload(FileUploadHandler):
    """Refuses a request with files that is larger than any form of ours could send."""

    def handle_raw_input(
        self, input_data: Any, meta: Any, content_length: int, boundary: Any, encoding: Any = None
    ) -> None:
        """Raises RequestDataTooBig, which is answered with 400."""
        if content_length > MOST_BYTES:
            raise RequestDataTooBig(f"The request has more than {MOST_BYTES} bytes.")

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        """For the next handler."""
        return raw_data

    def file_complete(self, file_size: int) -> None:
        """The next handler makes the file."""

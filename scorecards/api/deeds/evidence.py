"""Files that show what a sentence says, over HTTP: added, taken out, and taken away."""

from typing import Any

from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpResponse
from django.utils.http import content_disposition_header
from rest_framework.request import Request
from rest_framework.response import Response

from scorecards.api.matching import require_match, tagged
from scorecards.api.records.refusals import body_problem
from scorecards.api.records.values import FieldError
from scorecards.api.schema import Parameter, described
from scorecards.api_errors import Problem
from scorecards.models import Commentary, Evidence
from scorecards.models.commentary import LARGEST_FILE, LONGEST_FILE_NAME
from scorecards.services.commentaries import StaleCommentary, say_commentary
from scorecards.services.evidence import LARGEST_TEXT, MOST_FILES, Upload

from .bodies import refused
from .sentences import IN_PATH, SentenceAnswer, SentencePlace, sentence_answer

FORM, BYTES = "multipart/form-data", "application/octet-stream"
NAME = {"type": "string", "minLength": 1, "maxLength": LONGEST_FILE_NAME}
FILE = {"file": Parameter("Name of a file of the sentence.", NAME, "survey.pdf")}
BINARY = {"type": "string", "contentMediaType": BYTES}


class EvidenceView(SentencePlace):
    """The files of a sentence."""

    http_method_names = ["post"]

    @described(
        SentenceAnswer,
        body={
            FORM: {
                "type": "object",
                "required": ["file"],
                "properties": {"file": {"type": "array", "items": BINARY, "maxItems": MOST_FILES}},
            }
        },
        status=201,
        is_tagged=True,
        is_guarded=True,
        parameters=IN_PATH,
        problems=("invalid_body", "period_closed"),
    )
    def post(self, request: Request, organization: str, **place: str) -> Response:
        """Add files to what stands. It has at most five, of 10 MB each: PDF, PNG, JPEG, WebP, CSV,
        XLSX, DOCX, PPTX or TXT; `file` may be there several times.
        """
        standing = self.seen_sentence(request, place)
        answer = self.said_again(place, standing, _names(standing), _uploads(request))
        return tagged(answer, 201)

    def seen_sentence(self, request: Request, place: dict[str, str]) -> Commentary:
        """What stands, which the writer has read and may change."""
        row, period = self.place(place)
        standing = self.standing(row, period, place["objective"])
        if standing is None or place.get("file", "") not in ("", *_names(standing)):
            raise Problem("not_found")
        self.require_sayable(row, place["objective"])
        require_match(request, sentence_answer(self, standing))
        return standing

    def said_again(
        self,
        place: dict[str, str],
        standing: Commentary,
        kept: list[str],
        files: list[Upload],
    ) -> SentenceAnswer:
        """The same sentence with other files."""
        row, period = self.place(place)
        about = self.about(row, period, place["objective"], standing)
        try:
            say_commentary(**about, text=standing.text, kept=kept, files=files)
        except StaleCommentary as stale:
            raise self.stale(stale) from None
        except ValidationError as refusal:
            raise _refused(refusal) from None
        now = self.standing(row, period, place["objective"])
        assert now is not None
        return sentence_answer(self, now)


class EvidenceFileView(EvidenceView):
    """One file of a sentence."""

    http_method_names = ["get", "head", "delete"]

    @described(BINARY, answer_type=BYTES, parameters=IN_PATH | FILE)
    def get(self, request: Request, organization: str, **place: str) -> HttpResponse:
        """The file itself, with its own media type."""
        row, period = self.place(place)
        standing = self.standing(row, period, place["objective"])
        found = Evidence.objects.filter(commentary=standing, name=place["file"])
        file = found.select_related("file").first() if standing and _is_name(place) else None
        if file is None:
            raise Problem("not_found")
        answer = HttpResponse(bytes(file.file.content), content_type=file.media_type)
        disposition = content_disposition_header(as_attachment=True, filename=file.name)
        answer["Content-Disposition"] = disposition or "attachment"
        answer["X-Content-Type-Options"] = "nosniff"
        answer["Content-Security-Policy"] = "sandbox; default-src 'none'"
        return answer

    @described(
        status=204,
        is_guarded=True,
        parameters=IN_PATH | FILE,
        problems=("period_closed", "conflict"),
    )
    def delete(self, request: Request, organization: str, **place: str) -> Response:
        """Take the file away from the sentence; the history keeps it."""
        standing = self.seen_sentence(request, place)
        kept = [name for name in _names(standing) if name != place["file"]]
        self.said_again(place, standing, kept, [])
        return Response(status=204)


def _names(standing: Commentary) -> list[str]:
    return [each.name for each in standing.evidence.all()]


def _is_name(place: dict[str, str]) -> bool:
    return place["file"].isprintable() and len(place["file"]) <= LONGEST_FILE_NAME


def _uploads(request: Request) -> list[Upload]:
    """The files that were sent. Raises Problem."""
    if not (request.content_type or "").startswith(FORM):
        raise Problem("unsupported_media_type", f"Send files as {FORM}.")
    sent: list[Any] = request._request.FILES.getlist("file")
    if not sent or not all(isinstance(each, UploadedFile) for each in sent):
        raise _wrong("missing_field", "Send one file or more in the field file.")
    if any((each.size or 0) > LARGEST_FILE for each in sent):
        raise _wrong("invalid_value", f"A file has at most {LARGEST_TEXT}.")
    return [Upload(each.name or "", each.read()) for each in sent]


def _wrong(code: str, detail: str) -> Problem:
    return body_problem([FieldError("file", code, detail).at()])


def _refused(refusal: ValidationError) -> Problem:
    """What the service says of `files` is said of the field that was sent."""
    by_field = dict(refusal.error_dict) if hasattr(refusal, "error_dict") else {"": [refusal]}
    if "files" in by_field:
        by_field["file"] = by_field.pop("files")
        return refused(ValidationError(by_field))
    return refused(refusal)

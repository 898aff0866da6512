"""Files that show what a sentence says: which are taken, and storing them once."""

import hashlib
import io
import unicodedata
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass

from django.core.exceptions import ValidationError

from organizations.models import Organization
from organizations.models.structure import validate_text
from scorecards.models import EvidenceFile
from scorecards.models.commentary import LARGEST_FILE, LONGEST_FILE_NAME

MOST_FILES = 5
LARGEST_TEXT = f"{LARGEST_FILE // 1_000_000} MB"
OFFICE = "application/vnd.openxmlformats-officedocument"
MEDIA_TYPES = {
    "pdf": "application/pdf",
    "png": "image/png",
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "webp": "image/webp",
    "csv": "text/csv",
    "txt": "text/plain",
    "xlsx": f"{OFFICE}.spreadsheetml.sheet",
    "docx": f"{OFFICE}.wordprocessingml.document",
    "pptx": f"{OFFICE}.presentationml.presentation",
}
STARTS = {
    "pdf": b"%PDF-",
    "png": b"\x89PNG\r\n\x1a\n",
    "jpg": b"\xff\xd8\xff",
    "jpeg": b"\xff\xd8\xff",
}
# The folder that every office document of a kind has.
FOLDERS = {"xlsx": "xl/", "docx": "word/", "pptx": "ppt/"}
TAKEN = "PDF, PNG, JPEG, WebP, CSV, XLSX, DOCX, PPTX or TXT"


@dataclass(frozen=True)
class Upload:
    """A file as somebody sends it."""

    name: str
    content: bytes


@dataclass(frozen=True)
class CheckedFile:
    name: str
    media_type: str
    content: bytes


def checked_files(uploads: Sequence[Upload], kept: Sequence[str] = ()) -> list[CheckedFile]:
    """The files with plain names and known types; kept: the names of those that stay.

    Raises ValidationError for the field `files`, naming the file.
    """
    if len(uploads) + len(kept) > MOST_FILES:
        raise ValidationError({"files": f"A sentence has at most {MOST_FILES} files."})
    files = [_checked(upload) for upload in uploads]
    names = [*kept, *(file.name for file in files)]
    for name in names:
        if names.count(name) > 1:
            raise ValidationError({"files": f"“{name}” is there twice: rename one of them."})
    return files


def _checked(upload: Upload) -> CheckedFile:
    name = plain_name(upload.name)
    ending = name.rpartition(".")[2].lower()
    if ending not in MEDIA_TYPES or name.startswith("."):
        raise ValidationError({"files": f"“{name}” is no {TAKEN} file."})
    if not upload.content:
        raise ValidationError({"files": f"“{name}” is empty."})
    if len(upload.content) > LARGEST_FILE:
        raise ValidationError({"files": f"“{name}” is larger than {LARGEST_TEXT}."})
    if not _is_what_it_says(ending, upload.content):
        raise ValidationError({"files": f"“{name}” holds something else than its name says."})
    return CheckedFile(name, MEDIA_TYPES[ending], upload.content)


def plain_name(name: str) -> str:
    r"""The name without folders, in one Unicode form. Raises ValidationError.

    >>> plain_name(r"C:\reports\Q1.pdf"), plain_name("../../etc/x.txt")
    ('Q1.pdf', 'x.txt')
    """
    plain = unicodedata.normalize("NFC", name.replace("\\", "/").rpartition("/")[2].strip())
    validate_text(plain)
    if not plain.isprintable() or not plain or len(plain) > LONGEST_FILE_NAME:
        raise ValidationError(
            {"files": f"A file's name has at most {LONGEST_FILE_NAME} plain characters."}
        )
    return plain


def _is_what_it_says(ending: str, content: bytes) -> bool:
    if ending in STARTS:
        return content.startswith(STARTS[ending])
    if ending == "webp":
        return content[:4] == b"RIFF" and content[8:12] == b"WEBP"
    if ending in FOLDERS:
        return _has_folder(content, FOLDERS[ending])
    return b"\x00" not in content


def _has_folder(content: bytes, folder: str) -> bool:
    """Reads the list of an archive's members, none of them itself."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            names = archive.namelist()
    except (zipfile.BadZipFile, ValueError, OSError):
        return False
    return "[Content_Types].xml" in names and any(each.startswith(folder) for each in names)


def stored_file(organization: Organization, content: bytes) -> EvidenceFile:
    """The row of these bytes, which the organization holds once."""
    digest = hashlib.sha256(content).hexdigest()
    file, _ = EvidenceFile.objects.get_or_create(
        organization=organization,
        sha256=digest,
        defaults={"size": len(content), "content": content},
    )
    return file

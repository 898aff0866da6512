"""Static files that live inside installed packages, under names of our own.

Nothing is vendored: the script of a chart library is the one of the installed version.
"""

from collections.abc import Iterable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from django.contrib.staticfiles.finders import BaseFinder
from django.core.files.storage import FileSystemStorage, Storage

SIDECAR = "drf_spectacular_sidecar"
SWAGGER_UI = (SIDECAR, "static", SIDECAR, "swagger-ui-dist")
SWAGGER_UI_FILES = ("swagger-ui-bundle.js", "swagger-ui.css", "swagger-ui.css.map")
# our name → package, folder inside it, file
PACKAGE_FILES = {
    "vendor/plotly.min.js": ("plotly", "package_data", "plotly.min.js"),
    **{f"vendor/{name}": (*SWAGGER_UI, name) for name in SWAGGER_UI_FILES},
}


class PackageStorage(FileSystemStorage):
    """One folder inside a package, answering to the names of PACKAGE_FILES."""

    def path(self, name: str) -> str:
        """Where the file of that name really lies."""
        return str(package_file(name))


def package_file(name: str) -> Path:
    """The path of a static file that a package brings; KeyError for other names."""
    package, *inside = PACKAGE_FILES[name]
    spec = find_spec(package)
    if spec is None or spec.origin is None:
        raise FileNotFoundError(f"The package {package}, which brings {name}, is not installed.")
    return Path(spec.origin).parent.joinpath(*inside)


class PackageFileFinder(BaseFinder):
    """Finds the files of PACKAGE_FILES for collectstatic and for the test server."""

    def check(self, **kwargs: Any) -> list[Any]:
        """Nothing can be misconfigured."""
        return []

    def find(self, path: str, find_all: bool = False, **kwargs: Any) -> Any:
        """The absolute path of the named file, or nothing."""
        if path not in PACKAGE_FILES:
            return []
        found = str(package_file(path))
        return [found] if find_all else found

    def list(self, ignore_patterns: Iterable[str] | None) -> Iterator[tuple[str, Storage]]:
        """Every file, with the storage that opens it."""
        storage = PackageStorage()
        for name in PACKAGE_FILES:
            yield name, storage

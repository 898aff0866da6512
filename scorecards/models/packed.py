"""JSON that is written and read as a whole."""

from typing import Any

import orjson
from django.db import models


class PackedJSON(models.TextField):  # type: ignore[type-arg]
    """JSON as text: nothing asks the database what is inside.

    PostgreSQL's own type takes each document apart on the way in and puts it together on the way
    out: four times the work of keeping the text, where some thousand sheets are written at once.
    """

    _pyi_private_get_type: Any  # for type checkers: rows hold the value, not its text
    _pyi_private_set_type: Any

    def from_db_value(self, value: str | None, expression: Any, connection: Any) -> Any:
        return None if value is None else orjson.loads(value)

    def to_python(self, value: Any) -> Any:
        return value

    def get_prep_value(self, value: Any) -> str | None:
        return None if value is None else packed(value)

    def value_to_string(self, obj: models.Model) -> str:
        """For serializers."""
        return packed(self.value_from_object(obj))


def packed(value: Any) -> str:
    """The value as it is stored."""
    return orjson.dumps(value).decode()

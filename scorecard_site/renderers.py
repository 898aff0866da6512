"""How API answers become bytes."""

from collections.abc import Mapping
from typing import Any

import orjson
from rest_framework.renderers import BaseRenderer
from rest_framework.utils.encoders import JSONEncoder

_fallback = JSONEncoder().default


class OrjsonRenderer(BaseRenderer):
    """JSON by orjson; what it does not know is encoded as Django REST framework would."""

    media_type = "application/json"
    format = "json"
    charset = None  # JSON is UTF-8 by definition
    render_style = "binary"

    def render(
        self,
        data: Any,
        accepted_media_type: str | None = None,
        renderer_context: Mapping[str, Any] | None = None,
    ) -> bytes:
        """The bytes of data; nothing at all for None."""
        return b"" if data is None else orjson.dumps(data, default=_fallback)

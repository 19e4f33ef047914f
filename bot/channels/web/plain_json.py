"""JSON as the API sends it."""

from __future__ import annotations

import json
from typing import Any

from starlette.responses import Response


class PlainJson(Response):
    """JSON that can always be sent: half surrogate pairs in foreign text become question marks."""

    media_type = "application/json"

    def render(self, content: Any) -> bytes:
        text = json.dumps(content, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
        return text.encode("utf-8", "replace")

"""Lists and fields as Graph gives them."""

from typing import Any, Final
from urllib.parse import urlencode

from whatsapp.cloud.standin.errors import Refused
from whatsapp.cloud.standin.estate import Waba
from whatsapp.cloud.standin.wire import Head, json_answer

Json = dict[str, Any]

_PAGE: Final = 25
_MOST_A_PAGE: Final = 500


def templates_of(waba: Waba, head: Head, params: dict[str, str]) -> bytes:
    """A page of `message_templates`. Raises `Refused`."""
    found = [one.as_json() for one in waba.templates.values() if one.status != "DELETED"]
    for name in ("status", "category", "language"):
        if params.get(name):
            allowed = set(params[name].strip('[]"').replace('"', "").split(","))
            found = [one for one in found if one[name] in allowed]
    if params.get("name"):
        found = [one for one in found if params["name"] in one["name"]]
    limit = _whole(params.get("limit"), _PAGE, 1, _MOST_A_PAGE)
    start = _whole(params.get("after"), 0, 0, len(found))
    page = found[start : start + limit]
    fields = params.get("fields")
    said: Json = {"data": [picked(one, fields) if fields else one for one in page]}
    if page:
        said["paging"] = {"cursors": {"before": str(start), "after": str(start + len(page))}}
        if start + limit < len(found):
            query = urlencode({**params, "after": str(start + limit)})
            host = head.headers.get("host", "localhost")
            said["paging"]["next"] = f"http://{host}{head.path}?{query}"
    if "summary" in params:
        said["summary"] = {
            "total_count": len(found), "message_template_count": len(waba.templates),
            "message_template_limit": 6000, "are_translations_complete": False,
        }  # fmt: skip
    return json_answer(said)


def picked(about: Json, fields: str | None) -> Json:
    """The fields asked for, and always the id; Graph leaves out what it does not know."""
    if not fields:
        return about
    wanted = {name.strip().partition("{")[0] for name in fields.split(",")}
    return {name: value for name, value in about.items() if name in wanted or name == "id"}


def _whole(text: str | None, default: int, low: int, high: int) -> int:
    if not text:
        return default
    if not text.isdigit():
        raise Refused(100, message="(#100) Param limit or after is not valid.")
    return max(low, min(int(text[:12]), high))

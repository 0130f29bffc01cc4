"""For tests and the curious: scripted faults and the journal of calls."""

import json
from collections.abc import Sequence
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from bot.sandbox.pages import read_body
from bot.sandbox.state import Sandbox


def admin_routes(sandbox: Sandbox) -> Sequence[BaseRoute]:
    """`/_sandbox/faults` and `/_sandbox/journal`."""

    async def faults(request: Request) -> Response:
        if request.method == "DELETE":
            sandbox.faults.clear()
        elif request.method == "POST":
            try:
                wish: Any = json.loads(await read_body(request))
                if not isinstance(wish, dict):
                    raise ValueError("the request must be a JSON object")
                return JSONResponse(sandbox.faults.add_json(wish).as_json())
            except ValueError as error:
                return JSONResponse({"error": str(error)}, status_code=400)
        return JSONResponse([fault.as_json() for fault in sandbox.faults])

    async def journal(request: Request) -> Response:
        if request.method == "DELETE":
            sandbox.journal.clear()
        after = request.query_params.get("after", "0")
        calls = sandbox.journal.calls(
            request.query_params.get("method"), after=int(after) if after.isdigit() else 0
        )
        return JSONResponse([call.as_json() for call in calls])

    return [
        Route("/_sandbox/faults", faults, methods=["GET", "POST", "DELETE"]),
        Route("/_sandbox/journal", journal, methods=["GET", "DELETE"]),
    ]

"""How the sandbox refuses a call: in Telegram's own words and numbers."""

from typing import Any


class ApiError(Exception):
    """An answer with `ok: false`. The HTTP status equals `code`."""

    def __init__(self, code: int, description: str, **parameters: Any) -> None:
        super().__init__(description)
        self.code = code
        self.description = description
        self.parameters = parameters

    def body(self) -> dict[str, Any]:
        """The answer in Telegram's form."""
        answer: dict[str, Any] = {"ok": False, "error_code": self.code, "description": self.description}
        if self.parameters:
            answer["parameters"] = self.parameters
        return answer


def bad_request(reason: str) -> ApiError:
    """400, the way almost every refusal of Telegram looks."""
    return ApiError(400, f"Bad Request: {reason}")


def chat_not_found() -> ApiError:
    return bad_request("chat not found")


def blocked() -> ApiError:
    return ApiError(403, "Forbidden: bot was blocked by the user")


def not_in_group(status: str) -> ApiError:
    """For a group the bot was put out of (`kicked`) or has left."""
    why = "bot was kicked from" if status == "kicked" else "bot is not a member of"
    return ApiError(403, f"Forbidden: {why} the supergroup chat")


def query_too_old() -> ApiError:
    """For a tap or a pre-checkout that was answered before, expired, or never was."""
    return bad_request("query is too old and response timeout expired or query ID is invalid")


def not_modified() -> ApiError:
    return bad_request(
        "message is not modified: specified new message content and reply markup are exactly "
        "the same as a current content and reply markup of the message"
    )

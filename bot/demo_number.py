"""The official number of the demo, on WhatsApp's stand-in: what is typed into the chat to add it."""

from typing import Final

ID: Final = "106540352242922"
TOKEN: Final = "demo-access-token-0123456789"  # noqa: S105
APP_ID: Final = "7"
APP_SECRET: Final = "0123456789abcdef0123456789abcdef"  # noqa: S105
VERIFY_TOKEN: Final = "demo"  # noqa: S105

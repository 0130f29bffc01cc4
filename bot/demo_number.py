"""The official number of the demo, on WhatsApp's stand-in: what is typed into the chat to add it."""

from typing import Final

ID: Final = "106540352242922"
TOKEN: Final = "demo-access-token-0123456789"  # noqa: S105
APP_ID: Final = "7"
APP_SECRET: Final = "0123456789abcdef0123456789abcdef"  # noqa: S105
VERIFY_TOKEN: Final = "demo"  # noqa: S105
TEMPLATES: Final = (
    (
        "spring_sale",
        "MARKETING",
        "Hello {{1}}, everything is 20% off until {{2}}. Answer STOP to hear no more.",
    ),
    ("order_ready", "UTILITY", "Hello {{1}}, your order is ready. See you soon!"),
)
#: How people behave who are written to over the official channel, in the demo.
PEOPLE: Final = {
    "sent_after": [0.2, 1],
    "delivered_after": [0.5, 4],
    "read_share": 0.6,
    "read_after": [2, 15],
    "reply_share": 0.15,
    "reply_after": [3, 10],
    "failed_share": 0.03,
}

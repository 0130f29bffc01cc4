"""English: what somebody agreed to and how it is shown, forgetting them, and the line that says how to stop."""

from typing import Final

TEXTS: Final[dict[str, str]] = {
    "reason.forgotten": "asked to be forgotten",
    "reason.came_back": "they came back before it left",
    "reason.too_late": "it could not leave in time",
    "problem.forgotten": "This person asked to be forgotten",
    "import.counts.forgotten": "{counts} · {forgotten} forgotten",
    "refused.contact.forgotten": "{number} asked to be forgotten here, and nobody can add them again. "
    "If they want your messages, they can write START to your WhatsApp number.",
    "forgotten.person": "forgotten person",
}

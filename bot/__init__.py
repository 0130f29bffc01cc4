"""What the operator sees, and the only place where parts are put together."""

import os

# python-telegram-bot warns at every look at a duration until one of its two forms is chosen.
os.environ.setdefault("PTB_TIMEDELTA", "true")

"""What the operator sees, and the only place where parts are put together."""

import os
import warnings

from bot.left_out import leave_out

leave_out()

# python-telegram-bot warns at every look at a duration until one of its two forms is chosen.
os.environ.setdefault("PTB_TIMEDELTA", "true")

# It advises Bot.getUpdates, which parses the whole batch: one update that does not parse spoils it.
# bot/chat/poller.py polls raw on purpose.
warnings.filterwarnings("ignore", message="Please use 'Bot.getUpdates'")

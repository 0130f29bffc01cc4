"""Reading the files people send, in a process that `ProcessSheetReader` starts and kills."""

from storage.sheets.client import ProcessSheetReader

__all__ = ["ProcessSheetReader"]

"""Spreadsheets as people keep them: csv, xlsx and ods as rows with their place. Knows nothing of what is in them."""

from earlyhelp.spreadsheets.limits import Limits, SpreadsheetRefused
from earlyhelp.spreadsheets.reading import Row, Sheet, read_spreadsheet

__all__ = ["Limits", "Row", "Sheet", "SpreadsheetRefused", "read_spreadsheet"]

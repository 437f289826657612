"""The signposting directory: finding services, and the sheet that a family takes home."""

from earlyhelp.web.directory import advice, searching
from earlyhelp.web.directory.door import blueprint

PAGES = (advice, searching)
"""Imported so that every page is on the blueprint."""

__all__ = ["blueprint"]

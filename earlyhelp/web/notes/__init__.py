"""Case notes, their files, and flags of significance."""

from earlyhelp.web.notes import files, flags, views
from earlyhelp.web.notes.entry import blueprint

PAGES = (files, flags, views)
"""Imported so that every page is on the blueprint."""

__all__ = ["blueprint"]

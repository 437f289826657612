"""A case: its page, its actions, the working of its clocks."""

from earlyhelp.web.cases import record
from earlyhelp.web.cases.views import blueprint

PAGES = (record,)
"""Imported so that every page is on the blueprint."""

__all__ = ["blueprint"]

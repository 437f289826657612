"""People: who may already be known, one person's page, and making one record of two."""

from earlyhelp.web.people import correcting, merging, suggesting, views
from earlyhelp.web.people.entry import blueprint

PAGES = (correcting, merging, suggesting, views)
"""Imported so that every page is on the blueprint."""

__all__ = ["blueprint"]

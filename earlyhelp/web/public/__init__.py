"""Pages that need no sign-in: asking for support, and the private receipt of who asked."""

from earlyhelp.web.public import asking, receipts, sending
from earlyhelp.web.public.door import blueprint

PAGES = (asking, receipts, sending)
"""Imported so that every page is on the blueprint."""

__all__ = ["blueprint"]

"""Team around the family meetings: planned, held as the review, cancelled."""

from earlyhelp.web.meetings.views import blueprint

__all__ = ["blueprint"]

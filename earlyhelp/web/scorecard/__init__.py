"""The scorecard: what the service achieves, month by month."""

from earlyhelp.web.scorecard.views import blueprint

__all__ = ["blueprint"]

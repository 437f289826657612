"""The scorecard: what the service achieves, month by month."""

from earlyhelp.web.scorecard import commenting, settling, views, weekly
from earlyhelp.web.scorecard.blueprint import blueprint

PAGES = (commenting, settling, views, weekly)
"""Imported so that their pages hang on the blueprint."""

__all__ = ["PAGES", "blueprint"]

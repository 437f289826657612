"""What managers see: what is overdue or about to be, what waits for them, who is overloaded."""

from earlyhelp.web.management import audits, caseload, data_quality, feedback, flow, lists, moving, timeliness
from earlyhelp.web.management.views import blueprint

PAGES = (caseload, data_quality, feedback, flow, lists, moving, timeliness)
"""Imported so that their pages are known to the blueprint."""

blueprints = (blueprint, audits.blueprint, timeliness.mine)

__all__ = ["PAGES", "blueprint", "blueprints"]

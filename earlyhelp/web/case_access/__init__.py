"""Who else may see a case, for how long and why; keeping it to named people; opening one in an emergency."""

from earlyhelp.web.case_access import glass, restriction
from earlyhelp.web.case_access.views import blueprint

PAGES = (restriction,)
"""Imported so that its page is known to the blueprint."""
blueprints = (blueprint, glass.blueprint)

__all__ = ["PAGES", "blueprints"]

"""Who else may see a case, for how long and why."""

from earlyhelp.web.case_access.views import blueprint

__all__ = ["blueprint"]

"""A lead professional's own families."""

from earlyhelp.web.my_cases.views import blueprint

__all__ = ["blueprint"]

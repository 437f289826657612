"""A case: its page, its actions, the working of its clocks."""

from earlyhelp.web.cases.views import blueprint

__all__ = ["blueprint"]

"""What managers see: what is overdue or about to be, what waits for them, who is overloaded."""

from earlyhelp.web.management.views import blueprint

__all__ = ["blueprint"]

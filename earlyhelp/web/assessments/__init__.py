"""The assessment of a case: its sections, the check before it is submitted, reading and printing it."""

from earlyhelp.web.assessments import submitting, views, writing
from earlyhelp.web.assessments.entry import blueprint

__all__ = ["blueprint", "submitting", "views", "writing"]

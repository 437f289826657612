"""A child's chronology across contacts, cases and step ups."""

from earlyhelp.web.chronology.views import blueprint

__all__ = ["blueprint"]

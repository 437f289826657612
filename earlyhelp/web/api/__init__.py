"""The JSON API: bearer tokens, problem details, the same casework as the pages."""

from earlyhelp.web.api import alert_views, case_views, contact_views, measure_views, pathway_views, refusals
from earlyhelp.web.api.entry import blueprint
from earlyhelp.web.api.limiting import limit_callers
from earlyhelp.web.api.openapi import document
from earlyhelp.web.api.reference import page as reference

ROUTES = (alert_views, case_views, contact_views, measure_views, pathway_views, refusals)
"""Imported so that their routes and refusals are on the blueprint."""

__all__ = ["ROUTES", "blueprint", "document", "limit_callers", "reference"]

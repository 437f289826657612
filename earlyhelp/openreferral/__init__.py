"""Feeds of services in Open Referral UK: fetching them safely and reading them tolerantly. Knows no database."""

from earlyhelp.openreferral.pages import FeedRefused, read_document
from earlyhelp.openreferral.services import Feed, FeedFault, FeedService

__all__ = ["Feed", "FeedFault", "FeedRefused", "FeedService", "read_document"]

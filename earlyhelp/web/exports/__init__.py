"""Lists that others ask for: checked on a page, then downloaded."""

from earlyhelp.web.exports import annex_a, events, ssd  # noqa: F401  they add their pages to the blueprint
from earlyhelp.web.exports.taking import blueprint

__all__ = ["blueprint"]

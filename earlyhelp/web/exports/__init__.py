"""Lists that others ask for: checked on a page, then downloaded."""

from earlyhelp.web.exports.annex_a import blueprint

__all__ = ["blueprint"]

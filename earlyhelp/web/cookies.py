"""What our cookies are called."""

from earlyhelp.settings import Settings

THIS_HOST = "__Host-"
"""Browsers take such a cookie over https and from this very host only: no other name of the council's domain can plant
one, which a proxy or an old site there would otherwise let an attacker do."""


def cookie_name(plain: str, settings: Settings) -> str:
    """The name under which this installation's browsers keep the cookie; plain where there is no https."""
    return f"{THIS_HOST}{plain}" if settings.secure_cookies else plain

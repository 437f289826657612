"""Under which address passkeys are made and asked for."""

import ipaddress
from urllib.parse import urlsplit

from flask import request

from earlyhelp.casework.passkeys import RelyingParty
from earlyhelp.web.services import services


def relying_party() -> RelyingParty | None:
    """This service as browsers check it; None where they know no passkeys: at a bare number, or another address."""
    base = urlsplit(services().settings.base_url)
    host = base.hostname or ""
    if not host or _is_number(host) or request.host != base.netloc:
        return None
    return RelyingParty(host, f"{base.scheme}://{base.netloc}", services().settings.service_name)


def _is_number(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True

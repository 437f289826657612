"""Connections that never reach an address of our own network: the address is judged when the connection is made.

Judging a name beforehand would not do: it may stand for another address a moment later.
"""

import socket
from ipaddress import ip_address, ip_network
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection

INTERNET_6 = ip_network("2000::/3")
"""All that is given out of version 6. Elsewhere lie forms that stand for an address of version 4, perhaps of our own
network, and old ones for a site's own."""
KEPT_BACK = ip_network("192.0.0.0/24")
"""For protocols; one maker of clouds answers there with what its machines may know of themselves."""


class NotPublic(OSError):
    """The name stands for an address within a network, not on the internet."""


def public_address(host: str, port: int) -> str:
    """One internet address of a host. NotPublic if any address it stands for is not on the internet."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    addresses = [str(info[4][0]) for info in found]
    if not addresses or not all(is_public(address) for address in addresses):
        raise NotPublic(f"{host} is an address within a network")
    return addresses[0]


def is_public(address: str) -> bool:
    found = ip_address(address.partition("%")[0])
    inner = getattr(found, "sixtofour", None)
    if found.is_multicast or found in KEPT_BACK or (found.version == 6 and found not in INTERNET_6):
        return False
    return found.is_global and (inner is None or inner.is_global)


class _Guarded:
    """Connects to the address that was judged, under the name that was asked for."""

    def _new_conn(self) -> Any:
        named: Any = self
        name = named._dns_host
        named._dns_host = public_address(name, named.port)
        try:
            return super()._new_conn()  # type: ignore[misc]
        finally:
            named._dns_host = name


class _GuardedHTTP(_Guarded, HTTPConnection):
    pass


class _GuardedHTTPS(_Guarded, HTTPSConnection):
    pass


class _HTTPPool(HTTPConnectionPool):
    ConnectionCls = _GuardedHTTP


class _HTTPSPool(HTTPSConnectionPool):
    ConnectionCls = _GuardedHTTPS


class _GuardedAdapter(HTTPAdapter):
    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {"http": _HTTPPool, "https": _HTTPSPool}


def public_session() -> requests.Session:
    """A session that reaches the internet only. It takes no proxy and no password from the environment."""
    session = plain_session()
    for scheme in ("http://", "https://"):
        session.mount(scheme, _GuardedAdapter())
    return session


def plain_session() -> requests.Session:
    """A session that may also reach our own network, for a feed published there."""
    session = requests.Session()
    session.trust_env = False
    session.headers.update({"Accept": "application/json", "User-Agent": "earlyhelp directory import"})
    return session

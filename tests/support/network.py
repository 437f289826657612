"""Tests reach nothing beyond this machine: a test that needs the outside world fails elsewhere, or tells it secrets."""

import socket
from typing import Any

import pytest

LOCAL_NAMES = {"localhost", "", "0.0.0.0", "::", "::1"}


class NetworkRefused(RuntimeError):
    pass


def refuse_outside(patch: pytest.MonkeyPatch) -> None:
    connect, connect_ex, resolve = socket.socket.connect, socket.socket.connect_ex, socket.getaddrinfo

    def guarded_connect(self: socket.socket, address: Any) -> None:
        _check(self.family, address)
        connect(self, address)

    def guarded_connect_ex(self: socket.socket, address: Any) -> int:
        _check(self.family, address)
        return connect_ex(self, address)

    def guarded_resolve(host: Any, *arguments: Any, **options: Any) -> Any:
        _check_name(host)
        return resolve(host, *arguments, **options)

    patch.setattr(socket.socket, "connect", guarded_connect)
    patch.setattr(socket.socket, "connect_ex", guarded_connect_ex)
    patch.setattr(socket, "getaddrinfo", guarded_resolve)


def _check(family: int, address: Any) -> None:
    if family in {socket.AF_INET, socket.AF_INET6}:
        _check_name(address[0])


def _check_name(host: Any) -> None:
    name = host.decode() if isinstance(host, bytes) else str(host or "")
    if name not in LOCAL_NAMES and not name.startswith("127."):
        raise NetworkRefused(f"a test tried to reach {name}")

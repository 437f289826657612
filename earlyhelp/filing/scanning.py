"""Asking clamd whether a file is safe: its INSTREAM command, over TCP or a socket of this machine."""

import socket
import struct
from urllib.parse import urlsplit

PART = 64 * 1024
SECONDS = 30


class ScannerSilent(Exception):
    """The scanner could not be reached, or did not answer as one. The file stays in quarantine."""


class Scanner:
    """A clamd at `tcp://HOST:PORT` or `unix:///PATH`."""

    def __init__(self, address: str) -> None:
        self.address = urlsplit(address)

    def finds_nothing_in(self, content: bytes) -> bool:
        """Whether the file is clean. Raises ScannerSilent where that cannot be known."""
        try:
            with self._connected() as talk:
                talk.sendall(b"zINSTREAM\0")
                for start in range(0, len(content), PART):
                    part = content[start : start + PART]
                    talk.sendall(struct.pack("!I", len(part)) + part)
                talk.sendall(struct.pack("!I", 0))
                answer = self._answer(talk)
        except OSError as fault:
            raise ScannerSilent(type(fault).__name__) from fault
        if answer == b"stream: OK":
            return True
        if answer.startswith(b"stream: ") and answer.endswith(b" FOUND"):
            return False
        raise ScannerSilent("unexpected answer")

    def _connected(self) -> socket.socket:
        if self.address.scheme == "unix":
            talk = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            talk.settimeout(SECONDS)
            try:
                talk.connect(self.address.path)
            except OSError:
                talk.close()
                raise
            return talk
        return socket.create_connection((self.address.hostname or "", self.address.port or 3310), SECONDS)

    @staticmethod
    def _answer(talk: socket.socket) -> bytes:
        answer = b""
        while len(answer) < 4096 and (part := talk.recv(4096)):
            answer += part
            if answer.endswith(b"\0"):
                break
        return answer.rstrip(b"\0\n")

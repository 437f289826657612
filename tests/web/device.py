"""A device that keeps passkeys, in software: what a browser would send for one."""

import hashlib
import json
from dataclasses import dataclass, field

import cbor2
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from webauthn.helpers import bytes_to_base64url as text

PRESENT, VERIFIED, ATTESTED = 1, 4, 64


@dataclass
class Device:
    """One key for one address. `flags` says whether its owner was there and proved who they are."""

    origin: str = "http://localhost"
    flags: int = PRESENT | VERIFIED
    name: bytes = b"one passkey"
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))

    def made(self, options: str) -> str:
        said = self._client_data("webauthn.create", options)
        attested = b"\0" * 16 + len(self.name).to_bytes(2) + self.name + self._public()
        data = {"fmt": "none", "attStmt": {}, "authData": self._data(ATTESTED) + attested}
        return self._sent({"attestationObject": text(cbor2.dumps(data)), "clientDataJSON": text(said)})

    def answered(self, options: str) -> str:
        said, data = self._client_data("webauthn.get", options), self._data(0)
        signature = self.key.sign(data + hashlib.sha256(said).digest(), ec.ECDSA(SHA256()))
        answer = {"authenticatorData": text(data), "signature": text(signature), "clientDataJSON": text(said)}
        return self._sent(answer)

    def _client_data(self, what: str, options: str) -> bytes:
        told = {"type": what, "challenge": json.loads(options)["challenge"], "origin": self.origin}
        return json.dumps(told).encode()

    def _data(self, more: int) -> bytes:
        host = self.origin.partition("//")[2].partition(":")[0]
        return hashlib.sha256(host.encode()).digest() + bytes([self.flags | more]) + bytes(4)

    def _public(self) -> bytes:
        point = self.key.public_key().public_numbers()
        return cbor2.dumps({1: 2, 3: -7, -1: 1, -2: point.x.to_bytes(32), -3: point.y.to_bytes(32)})

    def _sent(self, response: dict[str, str]) -> str:
        sent = {"id": text(self.name), "rawId": text(self.name), "type": "public-key", "response": response}
        return json.dumps(sent)

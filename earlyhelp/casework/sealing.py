"""Secrets that we must be able to read again, encrypted at rest by a key made from the installation's secret key.

Who has the database alone cannot read them. Who changes EARLYHELP_SECRET_KEY makes them unreadable too.
"""

import base64

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

PURPOSE = b"earlyhelp: secrets of second factors"


def seal(text: str, *, key: str) -> str:
    """The text, encrypted and signed."""
    return _fernet(key).encrypt(text.encode()).decode()


def unseal(sealed: str, *, key: str) -> str | None:
    """The text again; None when it was sealed by another key, or was changed."""
    try:
        return _fernet(key).decrypt(sealed.encode()).decode()
    except InvalidToken:
        return None


def _fernet(key: str) -> Fernet:
    # The key is long and random (32 characters at least), so that HKDF is enough: nothing is there to be guessed.
    derived = HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=PURPOSE).derive(key.encode())
    return Fernet(base64.urlsafe_b64encode(derived))

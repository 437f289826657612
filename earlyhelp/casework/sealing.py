"""Secrets that we must be able to read again, encrypted at rest by a key made from the installation's secret key.

Who has the database alone cannot read them. Who changes EARLYHELP_SECRET_KEY makes them unreadable too.
"""

import base64

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

SECOND_FACTORS = "earlyhelp: secrets of second factors"
WEBHOOKS = "earlyhelp: secrets of webhooks"
"""Each purpose has a key of its own: what was sealed for one cannot be passed off as another's."""


def seal(text: str, *, key: str, purpose: str = SECOND_FACTORS) -> str:
    """The text, encrypted and signed."""
    return _fernet(key, purpose).encrypt(text.encode()).decode()


def unseal(sealed: str, *, key: str, purpose: str = SECOND_FACTORS) -> str | None:
    """The text again; None when it was sealed by another key, or was changed."""
    try:
        return _fernet(key, purpose).decrypt(sealed.encode()).decode()
    except InvalidToken:
        return None


def _fernet(key: str, purpose: str) -> Fernet:
    # The key is long and random (32 characters at least), so that HKDF is enough: nothing is there to be guessed.
    derived = HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=purpose.encode()).derive(
        key.encode()
    )
    return Fernet(base64.urlsafe_b64encode(derived))

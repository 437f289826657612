"""Secrets that we must be able to read again, encrypted at rest by a key made from the installation's secret key.

Who has the database alone cannot read them. Who changes EARLYHELP_SECRET_KEY makes them unreadable too.
"""

import base64
from typing import TYPE_CHECKING

from earlyhelp.on_demand import OnDemand

if TYPE_CHECKING:
    from cryptography import fernet
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.kdf import hkdf
else:
    fernet = OnDemand("cryptography.fernet")
    hashes = OnDemand("cryptography.hazmat.primitives.hashes")
    hkdf = OnDemand("cryptography.hazmat.primitives.kdf.hkdf")

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
    except fernet.InvalidToken:
        return None


def _fernet(key: str, purpose: str) -> "fernet.Fernet":
    # The key is long and random (32 characters at least), so that HKDF is enough: nothing is there to be guessed.
    derived = hkdf.HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=purpose.encode()).derive(
        key.encode()
    )
    return fernet.Fernet(base64.urlsafe_b64encode(derived))

"""API keys: what a caller shows to be known by, and what is kept of it.

A key is 256 random bits, so its SHA-256 digest alone is stored, without salt or slow hash: those
are for what can be guessed (NIST SP 800-63B, section 5.1.2.2: 112 bits or more need neither).
"""

import secrets
from hashlib import sha256
from typing import NamedTuple

from app.domain.quotas import Quota

PREFIX = "alm_"  # by which people and scanners for leaked secrets know it
RANDOM_BYTES = 32
SHOWN = len(PREFIX) + 4


class ApiKey(NamedTuple):
    """A key in force: its number, and how much may be asked with it."""

    id: int
    quota: Quota


def new_secret() -> str:
    """A key that nobody has had before; its first `SHOWN` characters are no secret."""
    return PREFIX + secrets.token_urlsafe(RANDOM_BYTES)


def digest_of(secret: bytes) -> bytes:
    """What a key is known by."""
    return sha256(secret).digest()

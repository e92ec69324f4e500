"""Lines of Mosquitto's password file.

Format (mosquitto_passwd(1), type 7): ``name:$7$iterations$salt$hash``, PBKDF2 over SHA-512 with
a 12-byte salt, base64. Made here because `mosquitto_passwd` shows passwords in its arguments.
"""

from __future__ import annotations

import base64
import hashlib
import secrets

ITERATIONS = 101
"""Mosquitto's own number. Passwords are 256 random bits, so that stretching adds nothing."""


def new_password() -> str:
    """A password that nobody has to remember."""
    return secrets.token_urlsafe(32)


def hashed(password: str) -> str:
    """What stands behind ``name:`` in the password file."""
    salt = secrets.token_bytes(12)
    digest = hashlib.pbkdf2_hmac("sha512", password.encode(), salt, ITERATIONS)
    return f"$7${ITERATIONS}${_b64(salt)}${_b64(digest)}"


def _b64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")

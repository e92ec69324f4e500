"""The key pair to which villagers' feedback is sealed on the box: X25519, made once."""

from __future__ import annotations

import base64
import os
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

if TYPE_CHECKING:
    from pathlib import Path


def feedback_key(folder: Path) -> X25519PrivateKey:
    """The hub's private half from ``folder/feedback``, made on first use (mode 0600)."""
    path = folder / "feedback"
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return X25519PrivateKey.from_private_bytes(path.read_bytes())
    key = X25519PrivateKey.generate()
    with os.fdopen(handle, "wb") as file:
        file.write(key.private_bytes_raw())
    return key


def feedback_public_b64(folder: Path) -> str:
    """The public half, as boxes receive it at enrolment."""
    return base64.b64encode(feedback_key(folder).public_key().public_bytes_raw()).decode("ascii")

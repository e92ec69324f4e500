"""Verification codes: ten characters that a villager can read off a sheet and type.

Crockford's base 32 (no I, L, O, U), from the hash of the edition's name and content: 50 bits, so
a code cannot be guessed into being, and the same edition always gets the same code. Ten
characters are no division code (2, 4, 6, 9 or 12 digits), so both can share one address.
"""

from __future__ import annotations

import hashlib
import re

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
LENGTH = 10
_FORM = re.compile(rf"[{ALPHABET}]{{{LENGTH}}}")
_MISREAD = str.maketrans({"O": "0", "I": "1", "L": "1"})


def code_of(name: str, sha256: str) -> str:
    """The code of an edition: ``name`` is ``id@revision``, ``sha256`` of its content."""
    digest = hashlib.sha256(f"{name} {sha256}".encode()).digest()
    number = int.from_bytes(digest[:8], "big")
    return "".join(ALPHABET[number >> (5 * place) & 31] for place in range(LENGTH))


def read_code(text: str) -> str:
    """What was typed, as a code: any case, with or without hyphen; empty if it cannot be one."""
    if len(text) > 2 * LENGTH:
        return ""
    plain = re.sub(r"[\s-]", "", text).upper().translate(_MISREAD)
    return plain if _FORM.fullmatch(plain) else ""


def printed(code: str) -> str:
    """The code in two halves, as sheets carry it: ``7KQ2M-XW4TZ``."""
    return f"{code[:5]}-{code[5:]}"

"""Which characters no installed font can print: asked of fontconfig, as the press asks it."""

from __future__ import annotations

import subprocess
from functools import lru_cache

_SAFE = (range(0x20, 0x7F), range(0x3000, 0x3400), range(0x4E00, 0x9FA6), range(0xFF00, 0xFFF0))


def without_font(text: str) -> list[str]:
    """The characters of a text that would come out as an empty box, each once."""
    rare = {c for c in text if not c.isspace() and not any(ord(c) in each for each in _SAFE)}
    return sorted(character for character in rare if not _has_font(character))


@lru_cache(maxsize=4096)
def _has_font(character: str) -> bool:
    listed = subprocess.run(
        ["fc-list", f":charset={ord(character):x}", "family"],
        capture_output=True, timeout=30, check=False,
    )  # fmt: skip
    return bool(listed.stdout.strip())

"""What the hub refuses of what comes from outside; each says why in Chinese and English."""

from __future__ import annotations

from contract.errors import VillageError


class CapRefusedError(VillageError, ValueError):
    """A message from outside is not taken. ``code`` is the word for machines."""

    def __init__(self, code: str, zh: str, en: str) -> None:
        super().__init__(f"{zh} / {en}")
        self.code = code
        self.zh = zh
        self.en = en


class SourcesFileError(VillageError, ValueError):
    """``cap.toml`` cannot be used; the message names the line of thought that fails."""

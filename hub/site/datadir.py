"""One folder for everything the hub keeps: database, media, keys, logs.

Named by the environment variable ``VILLAGE_HUB_DATA``; ``var/hub`` under the working folder
when it is not set. Secrets are made on first use, readable by their owner only.
"""

from __future__ import annotations

import os
import secrets
from dataclasses import dataclass
from pathlib import Path

VARIABLE = "VILLAGE_HUB_DATA"
DEFAULT = Path("var/hub")


@dataclass(frozen=True, slots=True)
class DataDir:
    """The hub's data folder and the places inside it."""

    root: Path

    @classmethod
    def from_environment(cls) -> DataDir:
        """The folder that ``VILLAGE_HUB_DATA`` names, made if it is missing."""
        found = cls(Path(os.environ.get(VARIABLE, str(DEFAULT))).resolve())
        found.make()
        return found

    @property
    def database(self) -> Path:
        """The SQLite file."""
        return self.root / "hub.sqlite3"

    @property
    def media(self) -> Path:
        """Pictures and documents that clerks uploaded."""
        return self.root / "media"

    @property
    def static(self) -> Path:
        """Style sheets and scripts, collected for serving."""
        return self.root / "static"

    @property
    def keys(self) -> Path:
        """Signing keys; ``keys/offline`` holds the roots, to be moved to a safe."""
        return self.root / "keys"

    @property
    def logs(self) -> Path:
        """Log files; never personal data."""
        return self.root / "logs"

    def make(self) -> None:
        """Create the folders; the one with keys can be entered by its owner only."""
        for folder in (self.root, self.media, self.static, self.logs):
            folder.mkdir(parents=True, exist_ok=True)
        self.keys.mkdir(mode=0o700, exist_ok=True)

    def secret(self, name: str) -> str:
        """A random secret kept under ``keys/<name>``, made on first use (mode 0600)."""
        path = self.keys / name
        try:
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            return path.read_text(encoding="ascii").strip()
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(secrets.token_urlsafe(48))
        return path.read_text(encoding="ascii").strip()

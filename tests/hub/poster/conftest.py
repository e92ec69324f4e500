"""What a PDF says, read by other programs than the one that made it."""

from __future__ import annotations

import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path


class Read:
    """A PDF read by poppler: its pages' words, and its fonts."""

    def __init__(self, body: bytes, folder: Path) -> None:
        self._file = folder / "read.pdf"
        self._file.write_bytes(body)

    def _said(self, *command: str) -> str:
        done = subprocess.run([*command], capture_output=True, text=True, check=True)
        return done.stdout

    @property
    def pages(self) -> list[str]:
        """The words of each page, spaces left out."""
        text = self._said("pdftotext", "-layout", str(self._file), "-")
        return ["".join(page.split()) for page in text.split("\f")[:-1]]

    @property
    def sizes_pt(self) -> set[str]:
        """The pages' sides in points, rounded: ``595x842``."""
        lines = self._said("pdfinfo", "-l", "999", str(self._file)).splitlines()
        sizes = [
            line.split()[3:6:2] for line in lines if line.startswith("Page ") and "size:" in line
        ]
        return {f"{float(width):.0f}x{float(height):.0f}" for width, height in sizes}

    @property
    def fonts(self) -> list[list[str]]:
        """Name and whether it is embedded, a line a font."""
        lines = self._said("pdffonts", str(self._file)).splitlines()[2:]
        return [[line.split()[0], line.split()[-5]] for line in lines]


@pytest.fixture
def read(tmp_path: Path) -> type[Read]:
    if shutil.which("pdftotext") is None:
        pytest.fail("poppler-utils is not installed")

    class Here(Read):
        def __init__(self, body: bytes) -> None:
            super().__init__(body, tmp_path)

    return Here

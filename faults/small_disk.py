"""A disk of a chosen size, to be filled or made read-only: a tmpfs, unmounted at the end."""

from __future__ import annotations

import os
import subprocess
from contextlib import contextmanager
from typing import TYPE_CHECKING

from faults.rows import NotHere

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@contextmanager
def small_disk(folder: Path, size_bytes: int) -> Iterator[Path]:
    """Mount one at ``folder``.

    Raises:
        NotHere: nobody may mount here.
    """
    folder.mkdir(parents=True, exist_ok=True)
    command = ["mount", "-t", "tmpfs", "-o", f"size={size_bytes},mode=700", "tmpfs", str(folder)]
    if subprocess.run(command, check=False, capture_output=True).returncode != 0:
        raise NotHere("needs the right to mount a tmpfs (root)")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def fill(folder: Path) -> Path:
    """Write until nothing more goes in; the file that took the room."""
    path = folder / "filling"
    handle = os.open(path, os.O_WRONLY | os.O_CREAT, 0o600)
    size = 1024 * 1024
    try:
        while size >= 1:
            try:
                os.write(handle, bytes(size))
            except OSError:
                size //= 2
    finally:
        os.close(handle)
    return path


@contextmanager
def read_only(folder: Path) -> Iterator[None]:
    """A disk that a boot has mounted read-only, as after errors in its file system."""
    subprocess.run(["mount", "--bind", str(folder), str(folder)], check=True)
    try:
        subprocess.run(["mount", "-o", "remount,bind,ro", str(folder)], check=True)
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)

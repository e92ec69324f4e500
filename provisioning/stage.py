"""Putting a ticket on a boot medium, and taking it off again: written, read back, wiped."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from provisioning.errors import StageError

if TYPE_CHECKING:
    from pathlib import Path

TICKET_NAME = "village.ticket"


def stage(ticket: bytes, medium: Path) -> Path:
    """Write a sealed ticket to a medium's folder and read it back.

    Raises:
        StageError: the medium is missing, full, or returns other bytes.
    """
    path = medium / TICKET_NAME
    try:
        with path.open("wb") as file:
            file.write(ticket)
            file.flush()
            os.fsync(file.fileno())
        same = path.read_bytes() == ticket
    except OSError as error:
        raise StageError(
            f"写不进 cannot write {path}: {error.strerror}; 换一张卡 try another"
        ) from error
    if not same:
        raise StageError(f"{path} 读回不一致 reads back differently; 换一张卡 try another medium")
    return path


def wipe(path: Path) -> None:
    """Overwrite and remove a used ticket.

    A flash card may keep the old bytes in a spare block; that is why a ticket works once.
    """
    with path.open("r+b") as file:
        file.write(b"\0" * path.stat().st_size)
        file.flush()
        os.fsync(file.fileno())
    path.unlink()

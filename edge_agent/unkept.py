"""A disk that cannot be written: the parts go on with what is stored, and claim nothing.

After errors in its file system a disk comes up read-only, until a technician puts it right. What
is stored is still shown, spoken and read. A part's own files are copied into the run folder,
which lies in memory and ends with the boot; so nothing from there is ever carried to the hub, and
no slip is taken: the hub's key, without which none can be closed, is left behind.
"""

from __future__ import annotations

import logging
import os
import shutil
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_log = logging.getLogger(__name__)
FOLDER = "unkept"
PARTS = ("led", "audio", "kiosk")
LARGEST_BYTES = 16 * 1024 * 1024
_LEFT = ("outbox.db", "hub_feedback_key")
"""Receipts and slips of before stay where they are, for the day the disk is whole again."""


def is_read_only(folder: Path) -> bool:
    """Whether the disk that holds ``folder`` cannot be written."""
    try:
        return bool(os.statvfs(folder).f_flag & os.ST_RDONLY)
    except FileNotFoundError:
        return False


def folder_of(run: Path, own: Path) -> Path:
    """Where a part writes instead of its ``own`` folder; made, with copies, at the first call."""
    folder = run / FOLDER / own.name
    if folder.exists():
        return folder
    _log.error("盘只读 the disk cannot be written; %s goes on in memory", own.name)
    draft = folder.with_name(f".{own.name}")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(mode=0o700, parents=True)
    for path in own.iterdir() if own.exists() else ():
        is_left = path.name.startswith(_LEFT) or path.name.endswith("-shm")
        if path.is_file() and not is_left and path.stat().st_size <= LARGEST_BYTES:
            shutil.copyfile(path, draft / path.name)
    draft.rename(folder)
    return folder


def forget(run: Path) -> None:
    """The disk can be written again: what was not kept goes."""
    shutil.rmtree(run / FOLDER, ignore_errors=True)

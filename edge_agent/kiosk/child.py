"""A child that does one thing for the server and ends, so that the server stays small.

What it is to do comes on its standard input, never as an argument: a villager's words stand in no
list of processes.
"""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING

from contract.errors import VillageError

if TYPE_CHECKING:
    from collections.abc import Sequence


class ChildError(VillageError, RuntimeError):
    """The child did not do it. The message never holds the child's own words."""


async def ask_child(command: Sequence[str], given: bytes, within_s: float) -> bytes:
    """What a program writes when it is given ``given``; it is killed when it takes too long.

    Raises:
        ChildError: it does not start, takes longer than ``within_s``, or fails.
    """
    try:
        child = await asyncio.create_subprocess_exec(
            *command, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
        )  # fmt: skip
    except OSError as error:
        raise ChildError(f"does not start: {error}") from error
    try:
        said, _ = await asyncio.wait_for(child.communicate(given), within_s)
    except TimeoutError as error:
        raise ChildError(f"took longer than {within_s:g} s") from error
    finally:
        if child.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                child.kill()
            await child.wait()
    if child.returncode != 0:
        raise ChildError(f"failed with {child.returncode}")
    return said

"""Sends documents through the press: one press at a time a web process, the others wait."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
import threading
from typing import TYPE_CHECKING

from hub.poster.errors import PressError

if TYPE_CHECKING:
    from collections.abc import Sequence

_log = logging.getLogger(__name__)
TIMEOUT_S = 300
_one_at_a_time = threading.BoundedSemaphore(1)


def printed_pdf(documents: Sequence[str]) -> bytes:
    """The PDF of the documents.

    Raises:
        PressError: it took too long, needed too much memory, or the press is not installed.
    """
    order = json.dumps({"documents": list(documents)}).encode()
    with _one_at_a_time:
        try:
            done = subprocess.run(
                [sys.executable, "-m", "hub.poster.press"],
                input=order, capture_output=True, timeout=TIMEOUT_S, check=False,
            )  # fmt: skip
        except subprocess.TimeoutExpired as error:
            raise PressError("排版超时，请减少行数或分成几条 / the sheet took too long") from error
    if done.returncode != 0 or not done.stdout.startswith(b"%PDF"):
        last = done.stderr.decode("utf-8", "replace").strip().splitlines()[-1:]
        _log.error("the press ended with %d: %s", done.returncode, last)
        raise PressError("没有排出来，请稍后再试；再不行请告诉县里的技术员 / the press failed")
    return done.stdout

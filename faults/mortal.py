"""A child process that kills itself at one line of some folder's code, as a power cut would."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from types import FrameType


class Mortal:
    """Starts an act in a fork of this process.

    Args:
        act: what it does.
        counted: where it writes how many lines it ran, if it lives to the end.
        code: parts of the paths of the code whose lines count, e.g. ``/hub/``.
        at_line: the line, counted from 1 as they are run, before which it dies; 0: it lives.
    """

    def __init__(
        self,
        act: Callable[[], object],
        counted: Path,
        code: str | tuple[str, ...],
        at_line: int = 0,
    ) -> None:
        self._counted = counted
        counted.unlink(missing_ok=True)
        self._pid = os.fork()
        if self._pid == 0:
            with contextlib.suppress(BaseException):
                _run(act, counted, (code,) if isinstance(code, str) else code, at_line)
            os._exit(0)

    def wait(self) -> int:
        """How many lines it ran; 0 when it died."""
        if self._pid:
            os.waitpid(self._pid, 0)
        self._pid = 0
        return int(self._counted.read_text()) if self._counted.exists() else 0

    def is_alive(self) -> bool:
        """Whether it still works."""
        if self._pid and os.waitpid(self._pid, os.WNOHANG)[0]:
            self._pid = 0
        return bool(self._pid)

    def kill(self) -> None:
        """SIGKILL."""
        os.kill(self._pid, signal.SIGKILL)
        self.wait()


def _run(act: Callable[[], object], counted: Path, code: tuple[str, ...], at_line: int) -> None:
    lines = 0

    def trace(frame: FrameType, event: str, _: Any) -> Any:  # noqa: ANN401 - sys.settrace
        nonlocal lines
        if not any(part in frame.f_code.co_filename for part in code):
            return None
        if event == "line":
            lines += 1
            if lines == at_line:
                os.kill(os.getpid(), signal.SIGKILL)
        return trace

    sys.settrace(trace)
    try:
        act()
    finally:
        sys.settrace(None)
        counted.write_text(str(lines))

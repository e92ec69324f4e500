"""A voice whose engine lives in a child process: kept warm, given a deadline, never trusted."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import select
import subprocess
import sys
import time
from pathlib import Path
from threading import Lock
from typing import IO, TYPE_CHECKING, Any

from edge_agent.audio.pcm import SAMPLE_BYTES
from edge_agent.audio.voices.voice import Rendering, VoiceError

if TYPE_CHECKING:
    from edge_agent.audio.script import Script

_log = logging.getLogger(__name__)
_WORKER = "edge_agent.audio.voices.worker"
_LONGEST_HEADER = 1 << 20
_LONGEST_SOUND = 48_000 * SAMPLE_BYTES * 3600


class IsolatedVoice:
    """One engine and voice behind a pipe. Safe for several threads; they wait for each other.

    Args:
        engine: ``kokoro``, ``espeak`` or ``pyttsx3``.
        voice: the engine's own name of a voice; empty for its default.
        folder: where the engine's model lies.
    """

    def __init__(self, engine: str, voice: str = "", folder: Path | None = None) -> None:
        self.engine = engine
        self.voice = voice
        self._folder = folder or Path()
        self._child: subprocess.Popen[bytes] | None = None
        self._lock = Lock()

    @property
    def name(self) -> str:
        """``engine:voice``, or the engine alone."""
        return f"{self.engine}:{self.voice}" if self.voice else self.engine

    @property
    def pid(self) -> int:
        """The child's process id, 0 while none runs."""
        return self._child.pid if self._child else 0

    def warm_up(self, deadline_s: float = 60.0) -> None:
        """Load the engine now, so that the first words do not wait for it.

        Raises:
            VoiceError: it cannot be loaded.
        """
        self._ask({}, deadline_s)

    def render(self, script: Script, speed: float = 1.0, deadline_s: float = 60.0) -> Rendering:
        """See `Voice.render`. A child that is late is killed, and started anew the next time."""
        request = {"words": script.words, "readings": dict(script.readings), "speed": speed}
        facts, data = self._ask(request, deadline_s)
        return Rendering(
            data,
            self.engine,
            str(facts["voice"]),
            float(facts["loudness_lufs"]),
            float(facts["peak_dbtp"]),
            tuple(facts["left_out"]),
        )

    def close(self) -> None:
        """End the child."""
        with self._lock:
            self._end()

    def _ask(self, request: dict[str, object], deadline_s: float) -> tuple[dict[str, Any], bytes]:
        until_s = time.monotonic() + deadline_s
        with self._lock:
            try:
                facts, data = self._exchange(request, until_s)
            except (OSError, EOFError, ValueError) as error:
                self._end()
                raise VoiceError(
                    f"语音程序中断 the voice {self.name} broke off: {error}"
                ) from error
            except BaseException:
                self._end()
                raise
        if "error" in facts:
            raise VoiceError(str(facts["error"]))
        return facts, data

    def _exchange(self, request: dict[str, object], until_s: float) -> tuple[dict[str, Any], bytes]:
        child = self._running()
        if child.stdin is None or child.stdout is None:
            raise EOFError("no pipe")
        child.stdin.write(json.dumps(request, ensure_ascii=True).encode("ascii") + b"\n")
        child.stdin.flush()
        header, rest = self._read_line(child.stdout, until_s)
        facts = json.loads(header)
        length = int(facts["bytes"])
        if not 0 <= length <= _LONGEST_SOUND:
            raise ValueError(f"{length} bytes of sound announced")
        return facts, self._read(child.stdout, rest, length, until_s)

    def _running(self) -> subprocess.Popen[bytes]:
        if self._child is None or self._child.poll() is not None:
            options = ("--voice", self.voice, "--folder", str(self._folder))
            self._child = subprocess.Popen(
                [sys.executable, "-m", _WORKER, self.engine, *options],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL if not _log.isEnabledFor(logging.DEBUG) else None,
                bufsize=0,
            )
        return self._child

    def _read_line(self, pipe: IO[bytes], until_s: float) -> tuple[bytes, bytes]:
        text = b""
        while b"\n" not in text:
            text += self._some(pipe, until_s)
            if len(text) > _LONGEST_HEADER and b"\n" not in text[:_LONGEST_HEADER]:
                raise ValueError("no header")
        header, _, rest = text.partition(b"\n")
        return header, rest

    def _read(self, pipe: IO[bytes], start: bytes, length: int, until_s: float) -> bytes:
        parts, missing = [start], length - len(start)
        while missing > 0:
            parts.append(self._some(pipe, until_s))
            missing -= len(parts[-1])
        if missing < 0:
            raise ValueError("more sound than announced")
        return b"".join(parts)

    def _some(self, pipe: IO[bytes], until_s: float) -> bytes:
        left_s = until_s - time.monotonic()
        ready, _, _ = select.select([pipe], [], [], max(0.0, left_s))
        if not ready:
            raise VoiceError(f"语音超时 the voice {self.name} was not ready in time")
        data = os.read(pipe.fileno(), 1 << 16)
        if not data:
            raise EOFError("it ended")
        return data

    def _end(self) -> None:
        child, self._child = self._child, None
        if child is None:
            return
        child.kill()
        child.wait()
        for pipe in (child.stdin, child.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()

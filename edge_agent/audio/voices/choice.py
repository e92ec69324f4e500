"""Which voice speaks: a chain by configuration, the best first, the next when one fails."""

from __future__ import annotations

import logging
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING

from edge_agent.audio.voices.isolated import IsolatedVoice
from edge_agent.audio.voices.stock import StockVoice
from edge_agent.audio.voices.voice import VoiceError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from edge_agent.audio.script import Script
    from edge_agent.audio.voices.voice import Rendering, Voice

_log = logging.getLogger(__name__)

KOKORO_VOICE = "zm_yunjian"
ENGINES = ("kokoro", "espeak", "pyttsx3")
LEAST_MEMORY_BYTES = 1_800_000_000
"""A box sold as 2 GB reports a little less; below it Kokoro would push the others out."""
_KEPT_FOR_THE_REST = 0.4


class VoiceChain:
    """Several voices as one: each is asked in turn until one has said it.

    Args:
        voices: best first.
        passed_over: voices that cannot speak here, and why; for the error when none could.
    """

    def __init__(self, voices: Iterable[Voice], passed_over: Iterable[str] = ()) -> None:
        self._voices = tuple(voices)
        self._passed_over = tuple(passed_over)

    @property
    def name(self) -> str:
        """The voices in order."""
        return ", ".join(voice.name for voice in self._voices)

    def render(self, script: Script, speed: float = 1.0, deadline_s: float = 60.0) -> Rendering:
        """By the first voice that can. A voice that has others behind it leaves them time.

        Raises:
            VoiceError: none could; the message names each and why.
        """
        if script.silent:
            raise VoiceError("没有可以播出的文字 there is nothing to say")
        until_s = time.monotonic() + deadline_s
        failures = list(self._passed_over)
        for place, voice in enumerate(self._voices):
            left_s = until_s - time.monotonic()
            last = place == len(self._voices) - 1
            try:
                return voice.render(script, speed, left_s if last else left_s * _KEPT_FOR_THE_REST)
            except VoiceError as error:
                _log.warning("voice %s failed: %s", voice.name, error)
                failures.append(f"{voice.name}: {error}")
        raise VoiceError("; ".join(failures) or "没有设置任何语音 no voice is configured")

    def close(self) -> None:
        """End every child."""
        for voice in self._voices:
            voice.close()


def choose_voice(names: Sequence[str], folder: Path | None = None) -> VoiceChain:
    """The chain for a list such as ``("kokoro", "espeak", "siren")``.

    Args:
        names: engines, best first; ``engine:voice`` picks a voice. ``stock`` is the phrases
            spoken beforehand. ``siren`` is no voice and is passed over: the mixer sounds it when
            no words are ready. Kokoro is passed over where its model or memory is missing.
        folder: where Kokoro's model lies, and the phrases in its folder ``stock``.

    Raises:
        VoiceError: a name is unknown.
    """
    voices: list[Voice] = []
    passed_over: list[str] = []
    for name in names:
        engine, _, voice = name.partition(":")
        if engine == "siren":
            continue
        if engine == "stock":
            voices.append(StockVoice((folder or Path()) / "stock"))
            continue
        if engine not in ENGINES:
            raise VoiceError(f"没有这种语音 no such voice: {name}; 可用 use {', '.join(ENGINES)}")
        if engine == "kokoro" and (why := kokoro_missing(folder)):
            passed_over.append(f"{name}: {why}")
            continue
        default = KOKORO_VOICE if engine == "kokoro" else ""
        voices.append(IsolatedVoice(engine, voice or default, folder))
    return VoiceChain(voices, passed_over)


def kokoro_missing(folder: Path | None) -> str:
    """Why Kokoro cannot speak on this machine; empty when it can."""
    if folder is None or not (folder / "model.onnx").is_file():
        return "没有下载语音模型: python -m edge_agent.audio.voices.fetch --into DIR"
    if _memory_bytes() < LEAST_MEMORY_BYTES:
        return "内存不足 2 GB (less than 2 GB of memory)"
    return ""


def _memory_bytes() -> int:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")

"""The child process that speaks: ``python -m edge_agent.audio.speech_child SETTINGS FOLDER``.

Reads orders (see `edge_agent.audio.speech`) from standard input, one line of JSON each, until
the input ends. Everything heavy, scripts and voices, lives here and not in the audio program.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import sys
import wave
from pathlib import Path
from typing import TYPE_CHECKING, Any

from contract import codec
from contract.errors import VillageError
from contract.notice import Notice
from edge_agent import settings as box_settings
from edge_agent.audio.commands import model_folder, read_lexicon
from edge_agent.audio.pcm import RATE_HZ, SAMPLE_BYTES
from edge_agent.audio.script import announcement, spoken_words
from edge_agent.audio.speech import URGENT_S, write_answer
from edge_agent.audio.voices.choice import choose_voice
from edge_agent.audio.voices.recording import open_recording
from edge_agent.audio.voices.voice import SLOWER, Rendering, VoiceError
from edge_agent.errors import SettingsError
from edge_agent.poke import poke

if TYPE_CHECKING:
    from edge_agent.audio.script import Lexicon, Script
    from edge_agent.audio.voices.choice import VoiceChain
    from edge_agent.settings import Settings

_log = logging.getLogger(__name__)
SPEECH_LAST = 5
"""Niceness of the voices: rendering may take longer, sound and panel may not."""
ORDINARY_DEADLINE_S = 300.0


class Studio:
    """Carries out orders with the box's voices."""

    def __init__(self, settings: Settings, folder: Path) -> None:
        self._folder = folder
        self._run = settings.run
        self._voice: VoiceChain = choose_voice(
            settings.audio.voices, _voice_folder(settings.audio.voice_folder)
        )
        self._lexicon = _lexicon(settings.audio.lexicon_file)

    def carry_out(self, order: dict[str, Any]) -> None:
        """Speak one order and say so; whatever goes wrong becomes an answer, too."""
        name = str(order["name"])
        try:
            speed = SLOWER if order["slower"] else 1.0
            rendering = self._recorded(name, speed) if order["recording"] else None
            rendering = rendering or self._spoken(order)
            self._keep(name, rendering)
            answer: dict[str, object] = {
                "engine": rendering.engine,
                "voice": rendering.voice,
                "loudness_lufs": rendering.loudness_lufs,
            }
        except (VillageError, OSError, ValueError) as error:
            answer = {"error": str(error)[:300] or type(error).__name__}
        write_answer(self._folder, name, answer)
        poke(self._run, "audio")

    def close(self) -> None:
        """End the voices."""
        self._voice.close()

    def _spoken(self, order: dict[str, Any]) -> Rendering:
        script = self._script(order)
        if script.silent:
            raise VoiceError("没有可以播出的文字 there is nothing to say")
        return self._voice.render(
            script,
            SLOWER if order["slower"] else 1.0,
            URGENT_S if order["urgent"] else ORDINARY_DEADLINE_S,
        )

    def _script(self, order: dict[str, Any]) -> Script:
        if order["notice"] is not None:
            return announcement(codec.decode(Notice, order["notice"]), self._lexicon)
        return spoken_words(str(order["text"]), self._lexicon)

    def _recorded(self, name: str, speed: float) -> Rendering | None:
        """The hub's recording, if it is sound that the box can play; None when it is not."""
        try:
            found = open_recording((self._folder / f"{name}.source").read_bytes(), speed=speed)
        except (VoiceError, OSError) as error:
            _log.warning("recording %s cannot be played, the voice speaks: %s", name, error)
            return None
        return Rendering(found.data, "recorded", "", found.loudness_lufs, found.peak_dbtp)

    def _keep(self, name: str, rendering: Rendering) -> None:
        with wave.open(str(self._folder / f"{name}.wav"), "wb") as out:
            out.setnchannels(1)
            out.setsampwidth(SAMPLE_BYTES)
            out.setframerate(RATE_HZ)
            out.writeframes(rendering.data)


def _voice_folder(configured: str) -> Path:
    return Path(configured) if configured else model_folder()


def _lexicon(path: str) -> Lexicon:
    """The county's words; a broken file costs its words, not the voice."""
    try:
        return read_lexicon(Path(path) if path else None)
    except SettingsError as error:
        _log.warning("speaking without lexicon: %s", error)
        return {}


def main() -> int:
    """Work until standard input ends, behind everything else on the box."""
    with contextlib.suppress(OSError):  # the unit forbids it and says Nice= itself
        os.setpriority(os.PRIO_PROCESS, 0, SPEECH_LAST)
    settings, folder = box_settings.load(Path(sys.argv[1])), Path(sys.argv[2])
    studio = Studio(settings, folder)
    try:
        for line in sys.stdin.buffer:
            studio.carry_out(json.loads(line))
    finally:
        studio.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())

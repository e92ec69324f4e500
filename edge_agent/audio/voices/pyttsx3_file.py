"""pyttsx3, for boxes whose setting asks for it by name.

Its ``runAndWait`` may return before the file is there, or never (measured), so the file is
waited for and checked, and the whole engine runs in a child with a deadline.
"""

from __future__ import annotations

import tempfile
import time
import wave
from pathlib import Path
from typing import TYPE_CHECKING

import pyttsx3

from edge_agent.audio.voices.engine import RawSpeech
from edge_agent.audio.voices.espeak import WORDS_PER_MINUTE, chinese_voice, words_for_espeak
from edge_agent.audio.voices.finishing import from_pcm, trimmed
from edge_agent.audio.voices.voice import VoiceError

if TYPE_CHECKING:
    from edge_agent.audio.script.script import Script
    from edge_agent.audio.voices.loudness import Samples

_WAIT_S = 10.0
_LOOK_S = 0.05


class Pyttsx3Engine:
    """A fresh pyttsx3 engine for every script: a used one loses queued files.

    Args:
        voice: one of pyttsx3's voice ids; empty picks the one that speaks Chinese.
    """

    def __init__(self, voice: str = "") -> None:
        self.voice = voice

    def speak(self, script: Script, speed: float) -> RawSpeech:
        """The script as a file written by pyttsx3, and checked."""
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "speech.wav"
            engine = pyttsx3.init()
            self.voice = self.voice or _chinese(engine)
            engine.setProperty("voice", self.voice)
            engine.setProperty("rate", round(WORDS_PER_MINUTE * speed))
            engine.save_to_file(words_for_espeak(script), str(path))
            engine.runAndWait()
            samples, rate_hz = _wait_for(path)
            engine.stop()
        if len(trimmed(samples, rate_hz)) < 0.05 * rate_hz * len(script.words) / 2:
            raise VoiceError("pyttsx3 写出的声音太短 wrote too short a sound")
        return RawSpeech(samples, rate_hz)


def _chinese(engine: pyttsx3.Engine) -> str:
    """The id under which pyttsx3 knows the voice that speaks Chinese."""
    wanted = chinese_voice().partition("+")[0]
    ids = [str(voice.id) for voice in engine.getProperty("voices")]
    return next((one for one in ids if one.lower().endswith(wanted)), wanted)


def _wait_for(path: Path) -> tuple[Samples, int]:
    """The file's samples once it is whole: two looks at it find the same size."""
    until_s = time.monotonic() + _WAIT_S
    size = -1
    while time.monotonic() < until_s:
        found = path.stat().st_size if path.exists() else -1
        if found > 44 and found == size:
            return _read(path)
        size = found
        time.sleep(_LOOK_S)
    raise VoiceError("pyttsx3 没有写出声音文件 wrote no file")


def _read(path: Path) -> tuple[Samples, int]:
    try:
        with wave.open(str(path)) as file:
            if (file.getnchannels(), file.getsampwidth()) != (1, 2):
                raise VoiceError("pyttsx3 wrote no mono sound of 16 bits")
            return from_pcm(file.readframes(file.getnframes())), file.getframerate()
    except (wave.Error, EOFError) as error:
        raise VoiceError(f"pyttsx3 写出的文件打不开 wrote a broken file: {error}") from error

"""espeak-ng as a separate program: small, instant, hard to understand; the box's fallback.

Version 1.51 (Debian 12) reads pinyin as English letters in its voice ``cmn``; the voice is
therefore chosen by what it makes of a Chinese word, not by its name.
"""

from __future__ import annotations

import io
import re
import subprocess
import wave
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from edge_agent.audio.script.cleaning import is_chinese
from edge_agent.audio.script.script import Script
from edge_agent.audio.voices.engine import RawSpeech
from edge_agent.audio.voices.finishing import from_pcm, trimmed
from edge_agent.audio.voices.pronunciation import inline_readings
from edge_agent.audio.voices.voice import VoiceError

if TYPE_CHECKING:
    from edge_agent.audio.voices.loudness import Samples

PROGRAM = "espeak-ng"
WORDS_PER_MINUTE = 140
_VARIANT = "+f3"
_CANDIDATES = ("cmn-latn-pinyin", "cmn", "zh")
_PROBE = "村民"
_LETTER_NAMES = """
    A=ei1 B=bi4 C=sei1 D=di4 E=yi4 F=ai2.fu5 G=ji4 H=ei1.chi5 I=ai4 J=zhei4 K=kai4 L=ai2.lou5
    M=ai2.mu5 N=en1 O=ou1 P=pi4 Q=kiu4 R=a4 S=ai2.si5 T=ti4 U=you1 V=wei1 W=da2.bu5.liu4
    X=ai2.ke5.si5 Y=wai1 Z=zei4
"""
_LETTERS = dict(pair.split("=") for pair in _LETTER_NAMES.split())
"""The names of Latin letters in syllables that the Chinese voice can say."""
_TIME_OUT_S = 20.0
_LEAST_S_PER_SIGN = 0.05
_MOST_S_PER_SIGN = 1.5


class EspeakEngine:
    """A new process for every sentence, its output checked.

    Args:
        voice: an espeak-ng voice; empty picks the first that speaks Chinese.
    """

    def __init__(self, voice: str = "") -> None:
        self.voice = voice or chinese_voice()

    def speak(self, script: Script, speed: float) -> RawSpeech:
        """Every sentence by a process of its own; the WAV it writes is checked."""
        rate_hz, pieces = 0, []
        pace = round(WORDS_PER_MINUTE * speed)
        for sentence in script.sentences:
            if any(sign.isalnum() for sign in sentence):
                words = words_for_espeak(Script(sentence, (), script.readings))
                rate_hz, sound = _read_wav(_run(self.voice, pace, words))
                pieces.append(_plausible(sound, rate_hz, sentence))
        if not pieces:
            raise VoiceError("没有可以播出的文字 there is nothing to say")
        known = "".join(word for word, _ in script.readings)
        rare = (sign for sign in script.words if is_chinese(sign) and not "一" <= sign <= "龥")
        silent = (sign for sign in rare if sign not in known and not says(self.voice, sign))
        return RawSpeech(np.concatenate(pieces), rate_hz, tuple(dict.fromkeys(silent)))


def words_for_espeak(script: Script) -> str:
    """The words with the county's readings as pinyin and Latin letters by their names."""

    def names(match: re.Match[str]) -> str:
        text: str = match[0]
        if text[-1].isdigit():
            return text
        return " " + " ".join(_LETTERS[letter.upper()].replace(".", " ") for letter in text) + " "

    return re.sub(r"[a-zü]+[1-5]|[A-Za-z]+", names, inline_readings(script))


@cache
def chinese_voice() -> str:
    """The first voice that reads a Chinese word without turning to English.

    Raises:
        VoiceError: espeak-ng is not installed, or none of its voices speaks Chinese.
    """
    for name in _CANDIDATES:
        if says(name, _PROBE):
            return name + _VARIANT
    raise VoiceError("espeak-ng 没有中文语音，请安装 espeak-ng-data (no voice speaks Chinese)")


def says(voice: str, text: str) -> bool:
    """Whether ``voice`` makes Chinese syllables, with their tones, of ``text``."""
    spoken = _program("-v", voice, "-x", "-q", "--", text).decode("utf-8", "replace")
    return re.search(r"\d", spoken) is not None and "(en)" not in spoken


def _run(voice: str, pace: int, words: str) -> bytes:
    return _program("-v", voice, "-s", str(pace), "--stdout", "--", words)


def _program(*arguments: str) -> bytes:
    """Run espeak-ng from an argument list; what it prints is data, never trusted."""
    try:
        done = subprocess.run(
            [PROGRAM, *arguments],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_TIME_OUT_S,
            check=False,
        )
    except FileNotFoundError as error:
        raise VoiceError("没有安装 espeak-ng，请运行 apt install espeak-ng") from error
    except subprocess.TimeoutExpired as error:
        raise VoiceError(f"espeak-ng 超过 {_TIME_OUT_S:.0f} 秒没有结束 (timed out)") from error
    except (OSError, ValueError) as error:
        raise VoiceError(f"espeak-ng 无法运行 cannot be run: {error}") from error
    if done.returncode != 0:
        complaint = done.stderr.decode("utf-8", "replace").strip()[-200:]
        raise VoiceError(f"espeak-ng 出错 failed: {complaint or done.returncode}")
    return done.stdout


def _read_wav(data: bytes) -> tuple[int, Samples]:
    """The samples; a WAV on standard output states no true length, so frames are counted."""
    try:
        with wave.open(io.BytesIO(data)) as file:
            form = (file.getnchannels(), file.getsampwidth())
            rate_hz, frames = file.getframerate(), file.readframes(len(data))
    except (wave.Error, EOFError) as error:
        raise VoiceError(f"espeak-ng 没有给出声音 gave no sound: {error}") from error
    if form != (1, 2):
        raise VoiceError(f"espeak-ng gave {form[0]} channels of {8 * form[1]} bits, not 1 of 16")
    return rate_hz, from_pcm(frames[: len(frames) // 2 * 2])


def _plausible(sound: Samples, rate_hz: int, sentence: str) -> Samples:
    """``sound`` if it may well be ``sentence``: loud somewhere, neither too short nor too long."""
    heard_s = len(trimmed(sound, rate_hz)) / rate_hz
    signs = sum(sign.isalnum() for sign in sentence)
    if not _LEAST_S_PER_SIGN * signs <= heard_s <= _MOST_S_PER_SIGN * signs + 2:
        raise VoiceError(f"espeak-ng 的声音不可信 {heard_s:.1f} s for {signs} characters")
    return sound

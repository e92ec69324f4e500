"""Render a notice at the hub: words, sound, and what the reviewer reads before signing."""

from __future__ import annotations

import hashlib
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING

from edge_agent.audio.script import announcement
from edge_agent.audio.sounds import wav_bytes
from edge_agent.audio.voices import opus
from edge_agent.audio.voices.pronunciation import pinyin_text, unknown_characters
from edge_agent.audio.voices.voice import VoiceError

if TYPE_CHECKING:
    from contract.notice import Notice
    from edge_agent.audio.script import Lexicon, Script, Unspoken
    from edge_agent.audio.voices.voice import Voice


@dataclass(frozen=True, slots=True)
class RenderedNotice:
    """A recording to be shipped to the villages, and how it came about.

    ``file`` is Ogg Opus (``mime`` says so), or WAV where opus-tools are missing. ``pinyin`` is
    for the reviewer; ``unspoken`` and ``left_out`` name what will not be heard.
    """

    file: bytes
    mime: str
    sha256: str
    duration_s: float
    loudness_lufs: float
    peak_dbtp: float
    engine: str
    voice: str
    words: str
    pinyin: str
    unspoken: tuple[Unspoken, ...]
    left_out: tuple[str, ...]


def render_announcement(
    notice: Notice,
    voice: Voice,
    lexicon: Lexicon | None = None,
    *,
    speed: float = 1.0,
    deadline_s: float = 300.0,
) -> RenderedNotice:
    """What the loudspeaker will play of ``notice``.

    Raises:
        VoiceError: there is nothing to say, or no voice could say it in time.
    """
    return render_script(announcement(notice, lexicon), voice, speed=speed, deadline_s=deadline_s)


def render_script(
    script: Script, voice: Voice, *, speed: float = 1.0, deadline_s: float = 300.0
) -> RenderedNotice:
    """The same for words that are ready.

    Raises:
        VoiceError: there is nothing to say, or no voice could say it in time.
    """
    if script.silent:
        raise VoiceError("没有可以播出的文字 there is nothing to say")
    sound = voice.render(script, speed, deadline_s)
    if shutil.which("opusenc"):
        file, mime = opus.encode(sound.data), "audio/ogg"
    else:
        file, mime = wav_bytes(sound.data), "audio/wav"
    return RenderedNotice(
        file,
        mime,
        hashlib.sha256(file).hexdigest(),
        round(sound.duration_s, 3),
        sound.loudness_lufs,
        sound.peak_dbtp,
        sound.engine,
        sound.voice,
        script.words,
        pinyin_text(script),
        script.unspoken,
        tuple(dict.fromkeys((*sound.left_out, *unknown_characters(script)))),
    )

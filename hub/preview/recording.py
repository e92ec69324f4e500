"""The recording that is shipped with a notice: rendered once at the hub, kept, played everywhere.

The words are the box's own script; the voice is Kokoro, where its model is there
(``VILLAGE_VOICE_FOLDER``). What was rendered is kept under the hash of its text, so that a text
that was rendered while it was under review is at hand when it is signed. A signed text waits
for its sound some seconds and then goes without; the boxes speak it themselves.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from contract.notice import Notice, Sender, Speech
from edge_agent.audio.script import announcement
from edge_agent.audio.voices.choice import choose_voice, kokoro_missing
from edge_agent.audio.voices.render import render_script
from edge_agent.audio.voices.voice import VoiceError
from hub.sealing.assets import Recording

if TYPE_CHECKING:
    from edge_agent.audio.script import Script

_log = logging.getLogger(__name__)
VOICE = "kokoro"
DEADLINE_S = 120.0
TEXT_WAITS_S = 6.0
"""Villagers read a notice before it is spoken, so text does not wait long for sound."""


class RecordingStudio:
    """Renders texts, or finds what was rendered before in ``shelf``."""

    def __init__(self, shelf: Path, model: Path) -> None:
        self._shelf = shelf
        self._voice = choose_voice((VOICE,), model)
        self._desk = ThreadPoolExecutor(1, "recording")
        shelf.mkdir(parents=True, exist_ok=True)

    def __call__(self, text: str) -> Recording | None:
        """The recording of ``text``; None when no voice could say it, or not soon enough."""
        found = self.known(text)
        if found is not None:
            return found
        order = self._desk.submit(self._render, text)
        try:
            return order.result(TEXT_WAITS_S)
        except TimeoutError:
            order.cancel()  # if it was not begun; a correction may still use what was
            _log.warning("the recording takes too long, the notice goes without it")
            return None

    def prepare(self, text: str) -> None:
        """Begin to render a text that may be signed soon."""
        if self.known(text) is None:
            self._desk.submit(self._render, text)

    def _render(self, text: str) -> Recording | None:
        found = self.known(text)  # perhaps it was asked for twice
        if found is not None:
            return found
        try:
            made = render_script(_script(text), self._voice, deadline_s=DEADLINE_S)
        except VoiceError as error:
            _log.warning("no recording, the boxes speak themselves: %s", error)
            return None
        recording = Recording(made.file, made.mime, f"{made.engine}:{made.voice}", made.duration_s)
        self._keep(text, recording)
        return recording

    def known(self, text: str) -> Recording | None:
        """The recording of ``text`` if it was rendered before."""
        try:
            facts = json.loads(self._facts(text).read_text(encoding="utf-8"))
            body = self._sound(text).read_bytes()
        except (OSError, ValueError):
            return None
        if hashlib.sha256(body).hexdigest() != facts["sha256"]:
            return None
        return Recording(body, facts["mime"], facts["voice"], facts["duration_s"])

    def close(self) -> None:
        """End the voice, and whatever it is at."""
        self._desk.shutdown(wait=False, cancel_futures=True)
        self._voice.close()

    def _keep(self, text: str, recording: Recording) -> None:
        """The sound first, its facts last: what has facts is whole."""
        facts = {
            "sha256": hashlib.sha256(recording.body).hexdigest(),
            "mime": recording.mime,
            "voice": recording.voice,
            "duration_s": recording.duration_s,
        }
        self._sound(text).write_bytes(recording.body)
        self._facts(text).write_text(json.dumps(facts), encoding="utf-8")

    def _sound(self, text: str) -> Path:
        return self._shelf / f"{_name(text)}.sound"

    def _facts(self, text: str) -> Path:
        return self._shelf / f"{_name(text)}.json"


def studio(shelf: Path) -> RecordingStudio | None:
    """The studio of this hub, or None when its voice is not installed."""
    folder = os.environ.get("VILLAGE_VOICE_FOLDER", "")
    if not folder:
        return None
    why = kokoro_missing(Path(folder))
    if why:
        _log.warning("no recordings: %s", why)
        return None
    return RecordingStudio(shelf, Path(folder))


def _name(text: str) -> str:
    return hashlib.sha256(f"{VOICE}\n{text}".encode()).hexdigest()


def _script(text: str) -> Script:
    """The words of a spoken text, by the rules that the box keeps."""
    moment = datetime(2024, 1, 1, tzinfo=UTC)
    return announcement(
        Notice(
            id="recording",
            revision=1,
            areas=("53",),
            title="",
            summary="",
            sender=Sender(""),
            publish_at=moment,
            issued_at=moment,
            speech=Speech(text),
        )
    )

"""The recording that is shipped with a notice: rendered once at the hub, heard, kept, played.

The words are the box's own script with the county's readings; the voice is Kokoro, where its
model is there (``VILLAGE_VOICE_FOLDER``). What was rendered is kept under the hash of its words
and readings, so that a text that was rendered while it was under review is at hand when it is
signed, and can be heard before. A signed text waits for its sound some seconds and then goes
without; the boxes speak it themselves.
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
from hub.lexicon.readings import readings_of
from hub.sealing.assets import Recording

if TYPE_CHECKING:
    from edge_agent.audio.script import Script
    from edge_agent.audio.voices.voice import Voice

_log = logging.getLogger(__name__)
VOICE = "kokoro"
DEADLINE_S = 120.0
TEXT_WAITS_S = 6.0
"""Villagers read a notice before it is spoken, so text does not wait long for sound."""


class Shelf:
    """The recordings that were made, in a folder; read by the web site, filled by the studio."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def known(self, text: str) -> Recording | None:
        """The recording of ``text`` with the readings of today, if it was rendered before."""
        return self.take(script_of(text))

    def take(self, script: Script) -> Recording | None:
        """The recording of these words; None when there is none, or it is damaged."""
        try:
            facts = json.loads(self._facts(script).read_text(encoding="utf-8"))
            body = self._sound(script).read_bytes()
        except (OSError, ValueError):
            return None
        if hashlib.sha256(body).hexdigest() != facts["sha256"]:
            return None
        return Recording(body, facts["mime"], facts["voice"], facts["duration_s"])

    def keep(self, script: Script, recording: Recording) -> None:
        """The sound first, its facts last: what has facts is whole."""
        facts = {
            "sha256": hashlib.sha256(recording.body).hexdigest(),
            "mime": recording.mime,
            "voice": recording.voice,
            "duration_s": recording.duration_s,
        }
        self._folder.mkdir(parents=True, exist_ok=True)
        self._sound(script).write_bytes(recording.body)
        self._facts(script).write_text(json.dumps(facts), encoding="utf-8")

    def _sound(self, script: Script) -> Path:
        return self._folder / f"{_name(script)}.sound"

    def _facts(self, script: Script) -> Path:
        return self._folder / f"{_name(script)}.json"


class RecordingStudio:
    """Renders texts, or finds what was rendered before in ``shelf``."""

    def __init__(self, shelf: Path, model: Path) -> None:
        self._shelf = Shelf(shelf)
        self._voice = choose_voice((VOICE,), model)
        self._urgent_voice = choose_voice((VOICE,), model)
        self._desk = ThreadPoolExecutor(1, "recording")
        self._urgent_desk = ThreadPoolExecutor(1, "urgent-recording")
        shelf.mkdir(parents=True, exist_ok=True)

    def __call__(self, text: str) -> Recording | None:
        """The recording of ``text``; None when no voice could say it, or not soon enough."""
        script = script_of(text)
        found = self._shelf.take(script)
        if found is not None:
            return found
        order = self._desk.submit(self._render, script)
        try:
            return order.result(TEXT_WAITS_S)
        except TimeoutError:
            order.cancel()  # if it was not begun; a correction may still use what was
            _log.warning("the recording takes too long, the notice goes without it")
            return None

    def prepare(self, text: str, *, urgent: bool = False) -> None:
        """Begin to render a text that may be signed soon; an urgent one passes all that wait."""
        script = script_of(text)
        if self._shelf.take(script) is None:
            if urgent:
                self._urgent_desk.submit(self._render_urgent, script)
            else:
                self._desk.submit(self._render, script)

    def known(self, text: str) -> Recording | None:
        """The recording of ``text`` if it was rendered before."""
        return self._shelf.known(text)

    def _render_urgent(self, script: Script) -> None:
        """By a voice of its own, so that it waits for nothing; its memory is free afterwards."""
        self._render(script, self._urgent_voice)
        self._urgent_voice.close()

    def _render(self, script: Script, voice: Voice | None = None) -> Recording | None:
        found = self._shelf.take(script)  # perhaps it was asked for twice
        if found is not None:
            return found
        try:
            made = render_script(script, voice or self._voice, deadline_s=DEADLINE_S)
        except VoiceError as error:
            _log.warning("no recording, the boxes speak themselves: %s", error)
            return None
        recording = Recording(made.file, made.mime, f"{made.engine}:{made.voice}", made.duration_s)
        self._shelf.keep(script, recording)
        return recording

    def close(self) -> None:
        """End the voice, and whatever it is at."""
        for desk in (self._urgent_desk, self._desk):
            desk.shutdown(wait=False, cancel_futures=True)
        self._urgent_voice.close()
        self._voice.close()


def studio(shelf: Path) -> RecordingStudio | None:
    """The studio of this hub, or None when its voice is not installed."""
    why = voice_missing()
    if why:
        _log.warning("no recordings: %s", why)
        return None
    return RecordingStudio(shelf, Path(os.environ["VILLAGE_VOICE_FOLDER"]))


def voice_missing() -> str:
    """Why this hub renders no recordings; empty when it does."""
    folder = os.environ.get("VILLAGE_VOICE_FOLDER", "")
    return kokoro_missing(Path(folder)) if folder else "VILLAGE_VOICE_FOLDER is not set"


def _name(script: Script) -> str:
    said = repr((VOICE, script.words, script.readings))
    return hashlib.sha256(said.encode("utf-8", "surrogatepass")).hexdigest()


def script_of(text: str) -> Script:
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
            speech=Speech(text, readings=readings_of(text)),
        )
    )

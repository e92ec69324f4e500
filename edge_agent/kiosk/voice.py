"""Reading aloud: what the pages ask for, spoken by the box's own voice in a child process.

The voice belongs to the audio part, which this part may not import; it runs the same command a
person would. What was spoken lies in the run folder (memory) until the next change or reset.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import re
import sys
from typing import TYPE_CHECKING

from contract.errors import VillageError
from contract.notice import File, Picture, Table, Video
from edge_agent.kiosk.child import ChildError, ask_child
from edge_agent.kiosk.tables import labels_and_values, row_title

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from contract.notice import Block, Notice
    from edge_agent.kiosk.chapters import Chapter
    from edge_agent.kiosk.replies import Reply
    from edge_agent.settings import AudioSettings

_log = logging.getLogger(__name__)
SAY: tuple[str, ...] = (sys.executable, "-m", "edge_agent.cli", "audio", "say")
PIECE_CHARS = 90
"""Short enough that the first words come soon, long enough to sound like speech."""
LONGEST_S = 30.0
NEXT_VOICE_S = 12
"""A voice that is slower than this makes way for the next one: somebody stands there."""
_SENTENCE = re.compile(r"[^。！？!?；;\n]*[。！？!?；;\n]?")


class VoiceError(VillageError, RuntimeError):
    """The box cannot speak this now; the page says so and stays readable."""


class Voice:
    """Turns short texts into WAV files, one at a time."""

    def __init__(self, folder: Path, commands: Sequence[Sequence[str]] = (SAY,)) -> None:
        """``commands`` are tried in order; each gets ``--out FILE -`` and the text as input."""
        self._folder = folder
        self._villager = 0
        self._commands = tuple(commands)
        self._one_at_a_time = asyncio.Lock()
        self.forget()

    async def wav(self, text: str) -> bytes:
        """The WAV of a text.

        Raises:
            VoiceError: no voice speaks, or all took too long.
        """
        villager = self._villager
        path = self._folder / f"{hashlib.sha256(text.encode()).hexdigest()}.wav"
        async with self._one_at_a_time:
            if not path.exists():
                await self._say(text, path)
            sound = path.read_bytes()
            if villager != self._villager:  # who wanted to hear it left while it was spoken
                path.unlink()
            return sound

    def forget(self) -> None:
        """Erase everything spoken so far: a withdrawn text leaves no sound behind."""
        self._villager += 1
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for path in self._folder.iterdir():
            path.unlink(missing_ok=True)

    async def _say(self, text: str, path: Path) -> None:
        fresh = path.with_suffix(".part.wav")
        for command in self._commands:
            try:
                await ask_child((*command, "--out", str(fresh), "-"), text.encode(), LONGEST_S)
            except ChildError as error:
                _log.warning("a voice does not speak: %s", error)
                fresh.unlink(missing_ok=True)
            if fresh.exists():
                fresh.replace(path)
                return
        raise VoiceError("no voice speaks; see `village-agent doctor`")


def say_commands(settings: AudioSettings) -> tuple[tuple[str, ...], ...]:
    """The command for each voice of the box that has words, in the order of the settings."""
    model = ("--model", settings.voice_folder) if settings.voice_folder else ()
    words = ("--lexicon", settings.lexicon_file) if settings.lexicon_file else ()
    voices = [voice for voice in settings.voices if voice not in ("siren", "stock")]
    soon = ("--deadline", str(NEXT_VOICE_S))
    return tuple((*SAY, "--voice", voice, *soon, *model, *words) for voice in voices)


def pieces_of_chapter(notice: Notice, chapter: Chapter, *, first: bool) -> tuple[str, ...]:
    """What is read aloud of a chapter, in pieces; the first chapter starts with the summary."""
    head = summary_pieces(notice) if first else tuple(_pieces(chapter.title))
    texts = (text for block, _ in chapter.blocks for text in _words_of(block))
    return head + tuple(piece for text in texts for piece in _pieces(text))


def summary_pieces(notice: Notice) -> tuple[str, ...]:
    """Title and summary; the hub's recording, where there is one, stands in for them."""
    return tuple(piece for text in (notice.title, notice.summary) for piece in _pieces(text))


def pieces_of_row(notice: Notice, table: int, row: int) -> tuple[str, ...]:
    """A person's own row: title of the notice, then label and value by turns."""
    found = notice.tables[table]
    pairs = "。".join(f"{label}，{value}" for label, value, _ in labels_and_values(found, row))
    return tuple(_pieces(f"{notice.title}。{row_title(found, row)}。{pairs}。"))


def pieces_of_reply(reply: Reply) -> tuple[str, ...]:
    """An answer to a slip: who answers, and the answer."""
    return tuple(_pieces(f"{reply.office}答复。\n{reply.text}"))


def _words_of(block: Block) -> Iterator[str]:
    if isinstance(block, Table):
        yield f"下面是一张表，共{len(block.rows)}行。请在屏幕上看，或者按“找我的一行”。"
    elif isinstance(block, Picture | Video):
        yield f"图：{block.alt}。"
    elif isinstance(block, File):
        yield f"附件：{block.title}。"
    else:
        yield block.text


def _pieces(text: str) -> Iterator[str]:
    current = ""
    for sentence in _SENTENCE.findall(text):
        if current and len(current) + len(sentence) > PIECE_CHARS:
            yield current
            current = ""
        current += sentence.strip()
    if current:
        yield current

"""What villagers say at the screen: closed to the hub, written to the outbox, numbered.

Once the screen said 收到 the slip is on the disk. In memory stays only which form led to which
number, so that a second tap on a slow screen is no second slip; the reset forgets that too.

A number is letter, series, count: ``T-4821-034``. The series is drawn anew on every new disk, so
that a box whose card was changed does not count from 1 again. The code beside it opens the
answer; it goes to the hub inside the sealed words and stays nowhere here.
"""

from __future__ import annotations

import asyncio
import base64
import json
import os
import re
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING

from contract.errors import VillageError
from contract.feedback import Feedback
from edge_agent.kiosk.closing import ClosingError, close_for_hub
from edge_agent.poke import poke

if TYPE_CHECKING:
    from pathlib import Path

    from edge_agent.kiosk.kinds import Kind
    from edge_agent.part import Part

KEY_FILE = "hub_feedback_key"
MAX_TEXT = 500
SLIPS_AN_HOUR = 60
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\u202a-\u202e\u2066-\u2069]")


VOICE_TYPES = frozenset({"audio/webm", "audio/ogg", "audio/mp4", "audio/wav"})
MAX_VOICE_BYTES = 100 * 1024
"""45 seconds at 16 kbit/s, with room; sealed and told in JSON it still fits one MQTT message."""


@dataclass(frozen=True, slots=True)
class Slip:
    """What the villager takes away."""

    number: str
    code: str


@dataclass(frozen=True, slots=True)
class Voice:
    """A spoken message as the browser recorded it."""

    sound: bytes
    type: str


class SlipError(VillageError, ValueError):
    """The slip cannot be taken; the message is for the villager."""


class SlipDesk:
    """Takes slips. ``folder`` is the part's own; the hub's public key lies in it."""

    def __init__(self, part: Part, folder: Path) -> None:
        self._part = part
        self._folder = folder
        self._taken: dict[str, Slip] = {}
        self._recent_s: list[float] = []
        self._one_at_a_time = asyncio.Lock()

    @property
    def is_open(self) -> bool:
        """Whether the hub's key is here; without it nothing is accepted, and the page says so."""
        return self._key() is not None

    def new_form(self) -> str:
        """A one-time token that names one form on the screen."""
        return secrets.token_urlsafe(18)

    async def take(
        self,
        form: str,
        kind: Kind,
        words: dict[str, str],
        notice_id: str = "",
        voice: Voice | None = None,
    ) -> Slip:
        """Seal and store; returns the slip. The same form gives the same slip.

        Raises:
            SlipError: nothing was said, too much at once, or no key of the hub is here.
        """
        async with self._one_at_a_time:  # a second tap waits, and gets the same slip
            if form not in self._taken:
                self._taken[form] = await self._take(kind, words, notice_id, voice)
        return self._taken[form]

    async def _take(
        self, kind: Kind, words: dict[str, str], notice_id: str, voice: Voice | None
    ) -> Slip:
        said = {name: _clean(text) for name, text in words.items() if _clean(text)}
        if not said.get("phrases") and not said.get("text") and voice is None:
            raise SlipError("请至少选一句话，写几个字，或者说一段话。")
        if voice is not None:
            said |= _spoken(voice)
        key = self._key()
        if key is None:
            raise SlipError("本机还没有县里的收件钥匙，请直接找村委会，或打监督电话。")
        self._check_pace()
        slip = Slip(self._number(kind), f"{secrets.randbelow(10**6):06d}")
        box = self._part.settings.box.id
        feedback = Feedback(
            slip=slip.number,
            kind=kind.key,
            box=box,
            at=self._part.clock.read().now,
            sealed_b64=await _sealed(key, said | {"code": slip.code}, slip.number, box),
            notice_id=notice_id,
        )
        self._part.outbox.add_feedback(feedback)
        poke(self._part.settings.run, "link")
        return slip

    def slip_of(self, form: str) -> Slip | None:
        """The slip that a form was given, until the reset."""
        return self._taken.get(form)

    def forget(self) -> None:
        """The villager has left."""
        self._taken.clear()

    def _key(self) -> bytes | None:
        try:
            data = (self._folder / KEY_FILE).read_bytes()
        except OSError:
            return None
        if len(data) == 32:
            return data
        try:
            decoded = base64.b64decode(data.strip(), validate=True)
        except ValueError:
            return None
        return decoded if len(decoded) == 32 else None

    def _check_pace(self) -> None:
        now_s = self._part.clock.monotonic_s()
        self._recent_s = [each for each in self._recent_s if now_s - each < 3600]
        if len(self._recent_s) >= SLIPS_AN_HOUR:
            raise SlipError("这一小时收到的已经很多，请过一会儿再来，或直接找村委会。")
        self._recent_s.append(now_s)

    def _number(self, kind: Kind) -> str:
        """The next number, on the disk before it is used."""
        path = self._folder / "slip_number"
        try:
            series, last = map(int, path.read_text(encoding="ascii").split())
        except (OSError, ValueError):
            series, last = 1000 + secrets.randbelow(9000), 0
        fresh = path.with_suffix(".part")
        with fresh.open("w", encoding="ascii") as file:
            file.write(f"{series} {last + 1}")
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
        return f"{kind.letter}-{series}-{last + 1:03d}"


async def _sealed(key: bytes, said: dict[str, str], slip: str, box: str) -> str:
    try:
        return await close_for_hub(key, json.dumps(said, ensure_ascii=False), slip, box)
    except ClosingError as error:
        raise SlipError("县里的收件钥匙坏了，请直接找村委会。") from error


def _spoken(voice: Voice) -> dict[str, str]:
    if voice.type not in VOICE_TYPES or not 0 < len(voice.sound) <= MAX_VOICE_BYTES:
        raise SlipError("录音太长或录坏了，请再说一遍，说短一点。")
    sound = base64.b64encode(voice.sound).decode("ascii")
    return {"voice_b64": sound, "voice_type": voice.type}


def _clean(text: str) -> str:
    return _CONTROL.sub("", text).strip()[:MAX_TEXT]

"""Answers to slips at the screen: whoever has number and code reads the answer, nobody else.

Six digits hold against trying only if trying is slow: five wrong codes for a slip, or thirty for
all slips, and the next hour is closed. An opened answer is kept in memory alone, and only while
it is on the screen: so it can be enlarged and read aloud.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING

from contract.errors import VillageError
from contract.feedback import answer_name
from edge_agent.answers import Answers, digits_of
from edge_agent.clock import CHINA
from edge_agent.kiosk.closing import ClosingError, open_answer

if TYPE_CHECKING:
    from edge_agent.part import Part

TRIES_A_SLIP, TRIES_IN_ALL = 5, 30
FORGET_S = 3600.0


class ReplyError(VillageError, ValueError):
    """There is no answer to show; the message is for the villager."""


@dataclass(frozen=True, slots=True)
class Reply:
    """An opened answer, for the page; ``token`` is its address while it is on the screen."""

    token: str
    slip: str
    text: str
    office: str
    day: str


class ReplyDesk:
    """Opens answers for the villager who holds the slip."""

    def __init__(self, part: Part) -> None:
        self._part = part
        self._wrong: list[tuple[str, float]] = []
        self._on_screen: Reply | None = None

    @property
    def is_open(self) -> bool:
        """Whether an answer is on the screen."""
        return self._on_screen is not None

    def on_screen(self, token: str) -> Reply | None:
        """The answer that is being read, by its token."""
        reply = self._on_screen
        return reply if reply is not None and reply.token == token else None

    def forget(self) -> None:
        """The villager has left the answer."""
        self._on_screen = None

    async def open(self, number: str, code: str) -> Reply:
        """The answer to a slip.

        Raises:
            ReplyError: none is here yet, the code is another, or it was tried too often.
        """
        digits = digits_of(number)
        if not digits or not code:
            raise ReplyError("请先按编号和查询码，都在您的单子上。")
        answers = Answers(self._part.settings.part_folder("store"), read_only=True)
        try:
            found = answers.find(digits)
        finally:
            answers.close()
        if found is None:
            raise ReplyError("这个编号还没有答复。一般两个工作日内答复，请过两天再来看。")
        self._check_pace(digits)
        try:
            text = await open_answer(code, found.closed_b64, found.slip, found.box)
        except ClosingError as error:
            self._wrong.append((digits, self._part.clock.monotonic_s()))
            raise ReplyError("查询码不对，请看着单子再按一遍。") from error
        self._part.receipt("readable", answer_name(found.slip), 1)
        local = found.at.astimezone(CHINA)
        day = f"{local.year}年{local.month}月{local.day}日"
        token = secrets.token_urlsafe(18)
        self._on_screen = Reply(token, found.slip, text, found.answered_by, day)
        return self._on_screen

    def _check_pace(self, digits: str) -> None:
        now_s = self._part.clock.monotonic_s()
        self._wrong = [each for each in self._wrong if now_s - each[1] < FORGET_S]
        same = sum(tried == digits for tried, _ in self._wrong)
        if same >= TRIES_A_SLIP or len(self._wrong) >= TRIES_IN_ALL:
            raise ReplyError("试的次数太多了。请过一小时再来，或者带着单子到村委会问。")

"""Taking in answers to slips that were written on this box."""

from __future__ import annotations

from typing import TYPE_CHECKING

from contract.errors import ContractError, RefusalReason
from contract.feedback import Answer, answer_name
from contract.messages import open_message
from edge_agent.answers import Answers
from edge_agent.link.holdings import sound
from edge_agent.poke import poke

if TYPE_CHECKING:
    from edge_agent.link.holdings import Holdings


class Answering:
    """Verifies an answer, keeps it, and tells the hub that it is here."""

    def __init__(self, held: Holdings) -> None:
        self._held = held
        self._answers = sound(Answers, held.settings.part_folder("store"), "answers.db")

    def take(self, body: bytes) -> None:
        """Keep a signed answer; when this returns it is on the disk.

        The receipt is written again for an answer that comes again: the hub sends it until it
        has heard that it is here.
        """
        held = self._held
        try:
            answer = self._opened(body)
        except ContractError as error:
            held.receipts.refuse(body, error, "answer")
            return
        self._answers.put(answer, body, held.clock.read().now)
        held.receipts.write("stored", answer_name(answer.slip), 1)
        poke(held.settings.run, "kiosk")

    def _opened(self, body: bytes) -> Answer:
        answer = open_message(Answer, body, self._held.keys.trust)
        if answer.box != self._held.settings.box.id:
            raise ContractError("the answer to another box's slip", RefusalReason.WRONG_AREA)
        return answer

    def close(self) -> None:
        """Close the file."""
        self._answers.close()

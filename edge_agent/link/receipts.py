"""What link itself tells the hub: received, stored, refused, withdrawn, purged."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from contract.messages import sha256_hex
from contract.receipt import Receipt

if TYPE_CHECKING:
    from contract.errors import ContractError
    from contract.receipt import Stage
    from edge_agent.clock import Clock
    from edge_agent.link.memory import Memory
    from edge_agent.outbox import Outbox

_log = logging.getLogger(__name__)


class Receipts:
    """Writes receipts into link's own outbox."""

    def __init__(self, box: str, outbox: Outbox, memory: Memory, clock: Clock) -> None:
        self._box = box
        self._outbox = outbox
        self._memory = memory
        self._clock = clock

    def write(self, stage: Stage, notice_id: str, revision: int) -> None:
        """One fact without a reason."""
        self._add(stage, notice_id, revision, None)

    def refuse(self, body: bytes, error: ContractError, notice_id: str, revision: int = 0) -> None:
        """Say why these very bytes were refused, once; a retained message comes again and again."""
        sha256 = sha256_hex(body)
        if self._memory.is_told(sha256):
            return
        _log.warning("refused %s revision %d: %s", notice_id, revision, error.reason.value)
        self._add("refused", notice_id, revision, error)
        self._memory.set_told(sha256)  # last: a power cut doubles a receipt, never loses one

    def _add(
        self, stage: Stage, notice_id: str, revision: int, error: ContractError | None
    ) -> None:
        reading = self._clock.read()
        self._outbox.add_receipt(
            Receipt(
                box=self._box,
                part="link",
                stage=stage,
                notice_id=notice_id,
                revision=revision,
                at=reading.now,
                clock_trusted=reading.trusted,
                reason=error.reason if error else None,
                detail=str(error)[:200] if error else "",
            )
        )

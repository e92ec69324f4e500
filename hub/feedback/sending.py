"""Answers on their way to the boxes: sent until the box's own receipt says that it has one."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.utils import timezone

from contract import topics
from contract.feedback import answer_name
from hub.feedback.models import SlipAnswer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from contract.receipt import Receipt

KEPT = timedelta(days=180)
"""After this an answer is not sent any more to a box that never said it has it."""
AGAIN_S = 600.0
LOOK_EVERY_S = 1.0
_PREFIX = answer_name("")


class AnswerPost:
    """Publishes what no receipt has come for: new ones at once, each again every ten minutes."""

    def __init__(self, publish: Callable[[str, bytes], object]) -> None:
        self._publish = publish
        self._sent_s: dict[tuple[int, object], float] = {}
        self._looked_s = float("-inf")

    def restart(self) -> None:
        """A new connection: whatever was under way may be lost."""
        self._sent_s.clear()

    def turn(self, now_s: float) -> None:
        """Send what is due."""
        if now_s - self._looked_s < LOOK_EVERY_S:
            return
        self._looked_s = now_s
        waiting = SlipAnswer.objects.filter(stored_at=None, at__gt=timezone.now() - KEPT)
        due = {(each.pk, each.at): each for each in waiting.select_related("slip")}
        self._sent_s = {key: at for key, at in self._sent_s.items() if key in due}
        for key, answer in due.items():
            if now_s - self._sent_s.get(key, float("-inf")) >= AGAIN_S:
                self._sent_s[key] = now_s
                topic = topics.box_down(answer.slip.origin, "answer")
                self._publish(topic, bytes(answer.body))


def take_receipts(box: str, receipts: Iterable[Receipt]) -> list[Receipt]:
    """Note the receipts that speak of answers; returns the others."""
    others = []
    for receipt in receipts:
        if not receipt.notice_id.startswith(_PREFIX):
            others.append(receipt)
            continue
        slip = receipt.notice_id.removeprefix(_PREFIX)
        field = {"stored": "stored_at", "readable": "read_at"}.get(receipt.stage)
        if field is not None:
            rows = SlipAnswer.objects.filter(slip__box_id=box, slip__slip=slip)
            rows.filter(**{field: None}).update(**{field: receipt.at})
    return others


def send_again(box: str) -> None:
    """The box began a new disk: it has lost its answers."""
    since = timezone.now() - KEPT
    SlipAnswer.objects.filter(slip__box_id=box, at__gt=since).update(stored_at=None)

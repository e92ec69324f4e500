"""What boxes and hubs below say: read once, sorted, stored together, answered.

A message that cannot be read costs its reading and no more: it touches no database, and a box
that sends nothing else is named once a minute with a count.
"""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

from django.db import InterfaceError, OperationalError, transaction
from django.utils import timezone

from contract import codec, topics, wire
from contract.errors import ContractError
from contract.messages import seal_message
from contract.relay import HubReport
from contract.uplink import BoxState, EventAck, EventBatch, TimeAnswer, TimeQuestion
from hub.ledger import taking
from hub.sealing.seal import keyring

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from hub.dispatch.connection import Incoming

_log = logging.getLogger(__name__)
_Said = TypeVar("_Said")
Reply = tuple[str, bytes]
"""Topic and payload of what is said back, once what it answers is in the database."""
UPLINK_BYTES = 256 * 1024
COMPLAIN_EVERY_S = 60.0
NONCE_DIGITS = 32


@dataclass(frozen=True, slots=True)
class Heard:
    """Messages of one turn, by what is to be done with them."""

    batches: list[EventBatch] = field(default_factory=list)
    states: list[tuple[BoxState, bool]] = field(default_factory=list)
    """Each with whether it was retained."""
    questions: list[TimeQuestion] = field(default_factory=list)
    reports: list[HubReport] = field(default_factory=list)
    """Of the hubs below."""

    @property
    def is_to_be_stored(self) -> bool:
        """Whether there is anything for the database."""
        return bool(self.batches or self.states or self.reports)


class Ear:
    """Reads messages, each once."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._complaints: dict[str, tuple[float, int]] = {}

    def read(self, messages: Iterable[Incoming]) -> Heard:
        """Sort messages; what cannot be read is left out."""
        heard = Heard()
        for message in messages:
            try:
                _sort(message, heard)
            except ContractError as error:
                self._complain(message.topic[:60], error.reason, self._clock())
        return heard

    def _complain(self, topic: str, why: object, now_s: float) -> None:
        """The first time at once; the broker lets a box speak under its own topics only."""
        said_s, unsaid = self._complaints.get(topic, (float("-inf"), 0))
        if now_s - said_s >= COMPLAIN_EVERY_S:
            _log.warning("%d messages on %s are not taken: %s", unsaid + 1, topic, why)
            said_s, unsaid = now_s, -1
        self._complaints[topic] = (said_s, unsaid + 1)


def _sort(message: Incoming, heard: Heard) -> None:
    if message.topic.startswith(topics.HUBS):
        hub = topics.hub_of(message.topic)[0]
        heard.reports.append(codec.decode(HubReport, _spoken_by(hub, message, "hub")))
        return
    box, what = topics.box_of(message.topic)
    if what == "events":
        heard.batches.append(codec.decode(EventBatch, _spoken_by(box, message)))
    elif what == "state":
        state = codec.decode(BoxState, _spoken_by(box, message))
        heard.states.append((state, message.is_retained))
    elif what == "nonce" and not message.is_retained:
        heard.questions.append(codec.decode(TimeQuestion, _spoken_by(box, message)))


def _spoken_by(name: str, message: Incoming, kind: str = "box") -> dict[str, object]:
    data = wire.loads(message.payload, max_bytes=UPLINK_BYTES)
    if data.get(kind) != name:
        raise ContractError(f"a {kind} speaks under another's name")
    return data


def together(take: Callable[[Sequence[_Said]], list[Reply]], said: Sequence[_Said]) -> list[Reply]:
    """Store what was said together; if one is so odd that all fail, each alone.

    One box's odd message must not keep every other box's from being stored.
    """
    if not said:
        return []
    try:
        with transaction.atomic():
            return take(said)
    except (OperationalError, InterfaceError):
        raise  # the database is away or in conflict; what it refuses to hold is the message's
    except Exception as error:  # noqa: BLE001 - see above; the message is dropped
        if len(said) == 1:
            _log.error("%s is dropped: %s", type(said[0]).__name__, type(error).__name__)
            return []
        return [reply for each in said for reply in together(take, [each])]


def take_events(batches: Sequence[EventBatch]) -> list[Reply]:
    """Store batches of events inside the caller's transaction; one word for every outbox."""
    reached = {
        (batch.box, batch.part, batch.outbox): seq
        for batch, seq in zip(batches, taking.take_batches(batches), strict=True)
        if seq is not None
    }
    return [
        (topics.box_down(box, "ack"), wire.dumps(codec.encode(EventAck(part, outbox, seq))))
        for (box, part, outbox), seq in reached.items()
    ]


def answered(questions: Iterable[TimeQuestion]) -> Iterator[Reply]:
    """The time, sealed, for each box that asks for it."""
    for question in questions:
        if len(question.nonce) == NONCE_DIGITS:
            answer = TimeAnswer(question.box, question.nonce, timezone.now())
            yield topics.box_down(question.box, "time"), seal_message(answer, keyring().target)

"""Carrying the parts' outboxes to the hub: numbered batches, acknowledged by number.

Nothing is kept in memory but what is in flight: after a restart link goes on behind the last
number that the hub acknowledged. An acknowledgement lower than that means that the hub lost
its memory (a restored backup), so link sends again whatever the part still holds.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, get_args

from contract import codec, wire
from contract.errors import ContractError
from contract.receipt import Part
from contract.uplink import EventAck, EventBatch
from edge_agent.errors import StoreError
from edge_agent.outbox import OutboxReader, write_acknowledged

if TYPE_CHECKING:
    from collections.abc import Iterator

    from edge_agent.link.holdings import Holdings

BATCH_EVENTS = 50
BATCH_BYTES = 128 * 1024
IN_FLIGHT = 20
PATIENCE_S = 10.0
LONGEST_PATIENCE_S = 300.0


@dataclass
class _Stream:
    """One outbox on its way: acknowledged up to, sent up to, and how long we wait."""

    reader: OutboxReader
    acknowledged: int
    sent: int
    batches: int = 0
    moved_s: float = 0.0
    patience_s: float = PATIENCE_S


class Upload:
    """Gives the batches that may be published now; takes acknowledgements."""

    def __init__(self, held: Holdings) -> None:
        self._held = held
        self._streams: dict[str, _Stream] = {}

    def start(self) -> None:
        """A new connection: what was in flight may be lost; send it again."""
        for stream in self._streams.values():
            stream.sent, stream.batches = stream.acknowledged, 0
            stream.patience_s = PATIENCE_S

    def batches(self) -> Iterator[bytes]:
        """Batches to publish now, at most 20 in flight for each part."""
        for part in get_args(Part):
            stream = self._stream(part)
            if stream is not None:
                self._retry(stream)
                yield from self._next(part, stream)

    def _stream(self, part: str) -> _Stream | None:
        if part not in self._streams:
            try:
                reader = OutboxReader(self._held.settings.part_folder(part))
            except StoreError:
                return None
            cursor = self._held.memory.cursor(part, reader.name)
            self._streams[part] = _Stream(
                reader, cursor, cursor, moved_s=self._held.clock.monotonic_s()
            )
        return self._streams[part]

    def _retry(self, stream: _Stream) -> None:
        """No acknowledgement for too long: send again, ever more patiently."""
        now_s = self._held.clock.monotonic_s()
        if stream.batches and now_s - stream.moved_s >= stream.patience_s:
            stream.sent, stream.batches, stream.moved_s = stream.acknowledged, 0, now_s
            stream.patience_s = min(stream.patience_s * 2, LONGEST_PATIENCE_S)

    def _next(self, part: Part, stream: _Stream) -> Iterator[bytes]:
        while stream.batches < IN_FLIGHT:
            batch = self._batch(part, stream, stream.sent)
            if batch is None:
                return
            body = wire.dumps(codec.encode(batch))
            if not stream.batches:
                stream.moved_s = self._held.clock.monotonic_s()
            stream.sent = batch.events[-1].seq
            stream.batches += 1
            yield body

    def _batch(self, part: Part, stream: _Stream, seq: int) -> EventBatch | None:
        """The events behind number ``seq`` that fit into one message."""
        reader = stream.reader
        events = reader.after(seq, BATCH_EVENTS)
        if not events:
            return None
        box = self._held.settings.box.id
        batch = EventBatch(box, part, reader.name, events, reader.oldest())
        while len(batch.events) > 1 and len(wire.dumps(codec.encode(batch))) > BATCH_BYTES:
            batch = _halved(batch)
        return batch

    def take_ack(self, body: bytes) -> None:
        """Remember how much the hub holds, and tell the part."""
        try:
            ack = codec.decode(EventAck, wire.loads(body, max_bytes=4096))
        except ContractError:
            return
        self._note(ack)

    def take_sealed(self, ack: EventAck) -> None:
        """An acknowledgement that came on a stick, perhaps months old: it only counts upwards."""
        stream = self._stream(ack.part)
        if stream is None or ack.outbox != stream.reader.name or ack.seq <= stream.acknowledged:
            return
        stream.sent = max(stream.sent, min(ack.seq, stream.reader.newest()))
        self._note(ack)

    def unacknowledged(self) -> Iterator[tuple[EventBatch, bytes]]:
        """Everything that the hub is not known to hold, in batches, whatever is in flight."""
        for part in get_args(Part):
            stream = self._stream(part)
            seq = stream.acknowledged if stream is not None else 0
            while stream is not None and (batch := self._batch(part, stream, seq)) is not None:
                seq = batch.events[-1].seq
                yield batch, wire.dumps(codec.encode(batch))

    def _note(self, ack: EventAck) -> None:
        stream = self._streams.get(ack.part)
        if stream is None or ack.outbox != stream.reader.name or ack.seq > stream.sent:
            return
        stream.moved_s = self._held.clock.monotonic_s()
        stream.patience_s = PATIENCE_S
        if ack.seq < stream.acknowledged:
            stream.sent, stream.batches = ack.seq, 0
        else:
            stream.batches = max(0, stream.batches - 1) if ack.seq < stream.sent else 0
        if ack.seq == stream.acknowledged:
            return
        stream.acknowledged = ack.seq
        self._held.memory.set_cursor(ack.part, ack.outbox, ack.seq)
        write_acknowledged(self._held.settings.part_folder(ack.part), ack.outbox, ack.seq)

    def close(self) -> None:
        """Close the outboxes."""
        for stream in self._streams.values():
            stream.reader.close()


def _halved(batch: EventBatch) -> EventBatch:
    half = max(1, len(batch.events) // 2)
    return EventBatch(batch.box, batch.part, batch.outbox, batch.events[:half], batch.oldest)

"""Every parser that meets strangers' bytes, as the fuzzer calls it."""

from __future__ import annotations

import contextlib
import json
import tempfile
import warnings
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from bench.fuzzing import samples as good
from bench.fuzzing.samples import (
    BASE,
    BOX_KEY,
    CONTENT,
    FRAMES,
    NOW,
    ONE,
    OTHER,
    ROOT,
    SECOND,
    SECRET,
    SESSION,
    TARGET,
    TRUST,
)
from contract import codec, delta, envelope, sealing, stick, topics, wire
from contract.alert import Alert
from contract.areas import Area
from contract.delta import Delta
from contract.enrolment import EnrolQuestion
from contract.errors import ContractError, VillageError
from contract.feedback import Answer, Feedback
from contract.hub_note import HubNote
from contract.keys import PrivateKey, seal_keys
from contract.live import LiveSession
from contract.live_frames import is_frame, open_frame
from contract.manifest import Manifest
from contract.messages import TYPE_OF, M, open_message, seal_message, sha256_hex
from contract.notice import Notice
from contract.uplink import BoxState, Event, EventBatch, LayerState, TimeAnswer
from edge_agent.led.pictures import PictureError, open_picture
from edge_agent.link.hub_notes import named
from edge_agent.settings import LinkSettings
from hub.cap.errors import CapRefusedError
from hub.cap.message import read_alert
from hub.cap.reading import read_xml
from provisioning.enrol import read_ticket

if TYPE_CHECKING:
    from collections.abc import Callable

WORST_RUN_S, WORST_RUN_BYTES = 0.05, 10 * 1024 * 1024
WORST_PICTURE_S = 0.5
"""A picture is decoded, not only parsed; what bounds it is its number of pixels."""


@dataclass(frozen=True, slots=True)
class Target:
    """A parser, good inputs for it, and the errors it may raise."""

    name: str
    parse: Callable[[bytes], object]
    good: tuple[bytes, ...]
    errors: tuple[type[Exception], ...] = (ContractError,)
    worst_s: float = WORST_RUN_S


def _sealed_parse(data: bytes) -> object:
    sealed = envelope.parse(data)
    with contextlib.suppress(ContractError):
        TRUST.verify(sealed)
    return sealed.content()


def _resigned(kind: type[M], *signers: PrivateKey) -> Callable[[bytes], object]:
    """A parser of mutated content that is rightly signed: what a leaked key could send."""

    def parse(data: bytes) -> object:
        return open_message(kind, envelope.seal(TYPE_OF[kind], data, signers), TRUST)

    return parse


def _topic(data: bytes) -> object:
    text = data.decode("utf-8", "replace")
    found = []
    for parse in (topics.area_of, topics.box_of, Area.parse, topics.check_box_id):
        with contextlib.suppress(ContractError):
            found.append(parse(text))
    return found


def _uplink(data: bytes) -> object:
    body = wire.loads(data)
    batch = codec.decode(EventBatch, body)
    for event in batch.events:
        with contextlib.suppress(ContractError):
            codec.decode(Feedback, event.body)
    return batch


def _either(data: bytes) -> object:
    body = wire.loads(data)
    for kind in (BoxState, TimeAnswer, EnrolQuestion):
        with contextlib.suppress(ContractError):
            return codec.decode(kind, body)
    return None


def _slip(data: bytes) -> object:
    return sealing.open_sealed(SECRET, data, b"QS-0712-034")


def _delta(data: bytes) -> object:
    """As a box takes it, and from the manifest it holds to whatever that makes."""
    found = open_message(Delta, envelope.seal("delta", data, [TARGET]), TRUST)
    result = delta.apply(replace(found, base_sha256=sha256_hex(BASE)), BASE)
    return open_message(Manifest, result, TRUST)


def _hub_note(data: bytes) -> object:
    """As a box takes it: the brokers that it names are connected to."""
    note = open_message(HubNote, envelope.seal("hub", data, [TARGET]), TRUST)
    return named(note.brokers, LinkSettings(broker="mqtt://a.example"))


def _live(data: bytes) -> object:
    """A frame as it came, and one whose sound and places were changed before it was signed."""
    if not is_frame(data):
        return _resigned(LiveSession, TARGET, CONTENT)(data)
    with contextlib.suppress(ContractError):
        open_frame(data, SESSION)
    return open_frame(data[:-64] + FRAMES.sign(data[:-64]), SESSION)


def _on_stick(data: bytes) -> object:
    """The same bytes as a file, as a name of one, and as a batch that the box signed."""
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        stick.write(root, "vn1/all/keys", data)
        body = stick.read(root, "vn1/all/keys") or b""
        stick.read(root, data[:200].decode("utf-8", "replace"))
        stick.names(root, data[:200].decode("utf-8", "replace"))
    try:
        batch = stick.open_events(body, BOX_KEY.public_key())
    except ContractError:
        batch = stick.open_events(stick.seal_events(body, BOX_KEY), BOX_KEY.public_key())
    return codec.decode(EventBatch, wire.loads(batch))


def _ticket(data: bytes) -> object:
    with tempfile.NamedTemporaryFile(suffix=".ticket") as file:
        file.write(data)
        file.flush()
        return read_ticket(Path(file.name))


def _key_set(data: bytes) -> object:
    return TRUST.advance(envelope.seal("keys", data, [ROOT, SECOND]))


def _picture(data: bytes) -> object:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Pillow warns of large pictures before it refuses them
        return open_picture(data, 64, 32)


def targets() -> tuple[Target, ...]:
    """Every parser that reads bytes from outside."""
    manifest, notice = good.manifest(), good.notice()
    alert = Alert("A1", notice, NOW, NOW + timedelta(hours=1))
    body = good.encoded(Feedback("QS-0712-034", "complaint", "box-1", NOW, "AAAA"))
    batch = EventBatch("box-1", "link", "o1", (Event(1, "feedback", json.loads(body)),))
    event = good.encoded(batch)
    state = BoxState("box-1", "s1", True, NOW, layers={"530199": LayerState(1, 5, True)})
    time_answer = good.encoded(TimeAnswer("box-1", "ab", NOW))
    whole = (
        seal_message(manifest, TARGET), seal_message(notice, CONTENT),
        seal_message(alert, ONE, OTHER), seal_keys(TRUST.keys, [ROOT, SECOND]),
    )  # fmt: skip
    words = (b"vn1/g/530199001001/man", b"vn1/g/5301/b/" + b"a" * 64, b"vn1/d/box-1/up/state",
             b"530199001001-3", b"box-1")  # fmt: skip
    slip = sealing.seal_for(good.public(SECRET), b"words", b"QS-0712-034")
    return (
        Target("envelope", _sealed_parse, whole),
        Target("manifest", _resigned(Manifest, TARGET), (good.encoded(manifest),)),
        Target("delta", _delta, (good.encoded(good.change()),)),
        Target("notice", _resigned(Notice, CONTENT), (good.encoded(notice),)),
        Target("alert", _resigned(Alert, ONE, OTHER), (good.encoded(alert),)),
        Target("live", _live, good.speech()),
        Target("hub note", _hub_note, (good.encoded(good.note()),)),
        Target("answer", _resigned(Answer, TARGET), (good.encoded(good.answer()),)),
        Target("key set", _key_set, (good.encoded(replace(TRUST.keys, version=2)),)),
        Target("topic", _topic, words),
        Target("feedback", _uplink, (event,)),
        Target("state", _either, (good.encoded(state), time_answer)),
        Target("slip", _slip, (slip,)),
        Target("stick", _on_stick, (event, stick.seal_events(event, BOX_KEY))),
        Target("asset", _picture, good.pictures(), (PictureError,), WORST_PICTURE_S),
        Target("ticket", _ticket, (good.tickets(),), (VillageError,)),
        Target("cap", lambda data: read_alert(read_xml(data)), (good.cap(),), (CapRefusedError,)),
    )

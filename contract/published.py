"""The contract for readers in other languages: JSON Schemas, and one golden message of each kind.

``python -m contract.published`` writes ``contract/schemas/*.json``; a test holds that they are
current. ``contract/golden/*.json`` is written once and never changed: what an older hub or box
said must stay readable.
"""

from __future__ import annotations

import json
from pathlib import Path

from contract import codec
from contract.alert import Alert
from contract.delta import Delta
from contract.enrolment import EnrolAnswer, EnrolQuestion, Ticket
from contract.feedback import Answer, Feedback
from contract.hub_note import HubNote
from contract.keys import KeySet
from contract.live import LiveSession
from contract.manifest import Manifest
from contract.notice import Notice
from contract.receipt import Receipt
from contract.uplink import BoxState, EventAck, EventBatch, TimeAnswer, TimeQuestion

FOLDER = Path(__file__).resolve().parent
MESSAGES: dict[str, type] = {
    "notice": Notice,
    "manifest": Manifest,
    "delta": Delta,
    "hub_note": HubNote,
    "alert": Alert,
    "live_session": LiveSession,
    "keys": KeySet,
    "receipt": Receipt,
    "feedback": Feedback,
    "answer": Answer,
    "box_state": BoxState,
    "event_batch": EventBatch,
    "event_ack": EventAck,
    "time_question": TimeQuestion,
    "time_answer": TimeAnswer,
    "ticket": Ticket,
    "enrol_question": EnrolQuestion,
    "enrol_answer": EnrolAnswer,
}


def schema_text(name: str) -> str:
    """The JSON Schema of one kind of message, as it stands in its file."""
    return json.dumps(codec.schema(MESSAGES[name]), ensure_ascii=False, indent=1) + "\n"


def schema_path(name: str) -> Path:
    """Where the schema of one kind of message lies."""
    return FOLDER / "schemas" / f"{name}.json"


def golden(name: str) -> dict[str, object]:
    """The golden message of one kind, as plain JSON."""
    path = FOLDER / "golden" / f"{name}.json"
    found: dict[str, object] = json.loads(path.read_text(encoding="utf-8"))
    return found


def write_schemas() -> None:
    """Write every schema file anew."""
    for name in MESSAGES:
        schema_path(name).parent.mkdir(exist_ok=True)
        schema_path(name).write_text(schema_text(name), encoding="utf-8")


if __name__ == "__main__":
    write_schemas()

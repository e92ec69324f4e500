"""Golden messages: what was said once stays readable, by the classes, the schemas and the keys."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest

from contract import codec, published
from contract.alert import Alert
from contract.feedback import Answer
from contract.keys import KeySet, Trust
from contract.manifest import Manifest
from contract.messages import open_message, sha256_hex
from contract.notice import Notice
from contract.receipt import Receipt
from contract.uplink import EventBatch, TimeAnswer

SEALED: dict[str, str] = json.loads(
    (Path(published.FOLDER) / "golden" / "sealed.json").read_text(encoding="ascii")
)
KINDS = {
    "manifest": Manifest, "notice": Notice, "alert": Alert, "time_answer": TimeAnswer,
    "answer": Answer,
}  # fmt: skip


@pytest.fixture
def trust() -> Trust:
    return Trust(codec.decode(KeySet, published.golden("keys")))


@pytest.mark.parametrize("name", published.MESSAGES)
def test_a_golden_message_is_read_and_written_without_loss(name: str) -> None:
    plain = published.golden(name)
    message = codec.decode(published.MESSAGES[name], plain)
    assert _holds(codec.encode(message), plain)
    assert codec.decode(published.MESSAGES[name], codec.encode(message)) == message


def _holds(written: object, golden: object) -> bool:
    """Whether all of the golden message is written again; newer fields may stand beside it."""
    if isinstance(golden, dict):
        return isinstance(written, dict) and all(
            key in written and _holds(written[key], value) for key, value in golden.items()
        )
    if isinstance(golden, list):
        return (
            isinstance(written, list)
            and len(written) == len(golden)
            and all(map(_holds, written, golden))
        )
    return written == golden


@pytest.mark.parametrize("name", published.MESSAGES)
def test_a_golden_message_keeps_its_schema(name: str) -> None:
    schema = json.loads(published.schema_path(name).read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(published.golden(name), schema, jsonschema.Draft202012Validator)


@pytest.mark.parametrize("name", published.MESSAGES)
def test_the_published_schemas_are_current(name: str) -> None:
    written = published.schema_path(name).read_text(encoding="utf-8")
    assert written == published.schema_text(name), "run python -m contract.published"


@pytest.mark.parametrize("name", published.MESSAGES)
def test_a_schema_notices_a_missing_field(name: str) -> None:
    schema = json.loads(published.schema_path(name).read_text(encoding="utf-8"))
    plain = published.golden(name)
    plain.pop(schema["required"][0])
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(plain, schema, jsonschema.Draft202012Validator)


@pytest.mark.parametrize("name", KINDS)
def test_a_golden_envelope_opens_with_the_golden_keys(name: str, trust: Trust) -> None:
    message = open_message(KINDS[name], SEALED[name].encode("ascii"), trust)
    assert _holds(codec.encode(message), published.golden(name))


def test_the_golden_manifest_names_the_golden_content(trust: Trust) -> None:
    manifest = open_message(Manifest, SEALED["manifest"].encode("ascii"), trust)
    hashes = [item.sha256 for item in manifest.items]
    assert hashes == [sha256_hex(SEALED[name].encode("ascii")) for name in ("notice", "alert")]


def test_the_events_of_the_golden_batch_are_the_golden_receipt_and_slip() -> None:
    batch = codec.decode(EventBatch, published.golden("event_batch"))
    assert batch.events[0].body == published.golden("receipt")
    assert batch.events[1].body == published.golden("feedback")
    assert codec.decode(Receipt, batch.events[0].body).spoken is not None

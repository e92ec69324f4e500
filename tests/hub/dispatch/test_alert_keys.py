"""An alert waits for the key set only if boxes would not believe it without."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest

from hub.dispatch import key_sets
from hub.dispatch.dispatcher import HEAD_START_S
from hub.ledger.models import Box, ReceiptRow
from hub.sealing.models import SealedNotice

if TYPE_CHECKING:
    from tests.hub.dispatch.conftest import Road

Forms = dict[str, dict[str, Any]]
pytestmark = pytest.mark.broker


def form(notices: Forms, alert: str) -> dict[str, Any]:
    """The example's emergency, to the whole village, under another id."""
    found = {**notices["N004"], "id": alert, "emergency": {**notices["N004"]["emergency"]}}
    found["emergency"].pop("groups", None)
    found["emergency"]["cap_id"] = alert
    return found


def test_boxes_believe_an_alert_by_the_newest_key_set_alone(road: Road, notices: Forms) -> None:
    version = key_sets.current_key_set().version
    road.alarm(form(notices, "FIRST"))
    road.until(lambda: SealedNotice.objects.filter(kind="alert").exists())
    body = bytes(SealedNotice.objects.get(kind="alert").body)
    assert key_sets.is_good_for(body, version)
    assert not key_sets.is_good_for(body, version - 1)  # what the broker was given last is older
    forged = bytearray(body)
    forged[len(body) // 2] ^= 1
    assert not key_sets.is_good_for(bytes(forged), version)


def test_nothing_is_asked_of_key_files_when_boxes_have_the_keys(
    road: Road, notices: Forms, monkeypatch: pytest.MonkeyPatch
) -> None:
    box = road.add_box("box-1", road.people.village.code)
    road.alarm(form(notices, "FIRST"))
    road.until(lambda: len(box.alerts()) == 1)
    asked: list[float] = []
    monkeypatch.setattr(road.dispatcher, "_renew_keys", lambda: asked.append(time.monotonic()))
    monkeypatch.setattr(road.dispatcher, "_look_round", lambda: None)
    road.alarm(form(notices, "SECOND"))
    road.until(lambda: len(box.alerts()) == 2)
    assert not asked


def test_the_manifest_follows_the_alert_a_moment_later(road: Road, notices: Forms) -> None:
    road.until(lambda: road.dispatcher.is_up)
    road.alarm(form(notices, "FIRST"))
    began_s = time.monotonic()
    road.until(lambda: road.dispatcher._unsent)
    assert time.monotonic() - began_s >= HEAD_START_S


def test_what_boxes_say_is_taken_in_a_moment_later(road: Road, notices: Forms) -> None:
    box = road.add_box("box-1", road.people.village.code)
    road.until(lambda: Box.objects.get(id="box-1").is_online)
    road.alarm(form(notices, "FIRST"))
    began_s = time.monotonic()
    road.until(box.alerts)
    road.until(lambda: ReceiptRow.objects.filter(box_id="box-1").exists())
    assert time.monotonic() - began_s >= HEAD_START_S


def test_the_manifest_follows_however_fast_one_alert_follows_the_other(
    road: Road, notices: Forms
) -> None:
    road.until(lambda: road.dispatcher.is_up)
    ends_s = time.monotonic() + 20 * HEAD_START_S
    number = 0
    while not road.dispatcher._unsent:
        assert time.monotonic() < ends_s, "no manifest goes out while there are alerts"
        road.alarm(form(notices, f"ALERT-{number}"))
        road.turn()
        number += 1

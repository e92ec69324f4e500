"""Little room on the hub's disk is an operator's business, once an hour."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from hub.dispatch import disk
from hub.ledger.models import FleetAlarm

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.django_db


def test_a_disk_with_room_raises_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(disk, "LOW_BYTES", 0)
    disk.note_low(tmp_path / "broker")
    assert not FleetAlarm.objects.exists()


def test_little_room_raises_one_alarm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(disk, "LOW_BYTES", 1 << 62)
    disk.note_low(tmp_path)
    disk.note_low(tmp_path)
    assert FleetAlarm.objects.filter(kind="hub_disk_low").count() == 1

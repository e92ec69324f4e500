"""An alarm's recording is made before the release, signed with it, and reaches the box after it."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

import pytest

from edge_agent.store import Store
from hub.ledger.models import Box
from hub.sealing.assets import Recording

if TYPE_CHECKING:
    from tests.hub.dispatch.conftest import BoxOnDesk, Road

Forms = dict[str, dict[str, Any]]
pytestmark = pytest.mark.broker
SOUND = b"OggS the words of the alarm" * 100


class Prepared:
    """A studio that has every recording at hand and makes none while somebody waits."""

    def __call__(self, text: str) -> Recording | None:
        pytest.fail(f"an alarm waited for a rendering of {len(text)} characters")

    def known(self, text: str) -> Recording | None:
        return Recording(SOUND, "audio/ogg", "kokoro:test", 9.0) if text else None

    def prepare(self, text: str, *, urgent: bool = False) -> None:
        """Everything is made already."""


class MadeLater(Prepared):
    """A studio that makes its recording only once the alarm is in the village."""

    def __init__(self) -> None:
        self.is_made = False
        self.ordered = 0

    def known(self, text: str) -> Recording | None:
        return super().known(text) if self.is_made else None

    def prepare(self, text: str, *, urgent: bool = False) -> None:
        self.ordered += urgent and bool(text)


def _recording(box: BoxOnDesk) -> bytes | None:
    """The recording that the alert in the box names, if it is there."""
    store = Store(box.settings.part_folder("store"), read_only=True)
    try:
        (held,) = store.in_force().alerts
        speech = held.alert.notice.speech
        assert speech is not None
        return store.blob(speech.recording.sha256) if speech.recording else None
    finally:
        store.close()


def test_a_box_gets_the_alert_first_and_its_recording_at_once_after_it(
    road: Road, notices: Forms
) -> None:
    box = road.add_box("box-1", road.people.village.code)
    road.until(lambda: Box.objects.get(id="box-1").clock_trusted)
    road.sealer._studio = Prepared()
    form = copy.deepcopy(notices["N004"])
    form["emergency"].pop("groups", None)
    road.alarm(form)
    road.until(lambda: len(box.alerts()) == 1)
    road.until(lambda: _recording(box) == SOUND)


def test_an_alarm_goes_out_before_its_recording_is_made_and_gets_it_afterwards(
    road: Road, notices: Forms
) -> None:
    box = road.add_box("box-1", road.people.village.code)
    road.until(lambda: Box.objects.get(id="box-1").clock_trusted)
    studio = MadeLater()
    road.sealer._studio = studio
    form = copy.deepcopy(notices["N004"])
    form["emergency"].pop("groups", None)
    road.alarm(form)
    road.until(lambda: len(box.alerts()) == 1)
    assert _recording(box) is None
    road.until(lambda: studio.ordered)
    studio.is_made = True
    road.until(lambda: _recording(box) == SOUND)
    assert len(box.alerts()) == 1
    assert studio.ordered == 1

"""One notice from outbox to box through a real Mosquitto, and what goes wrong on the way."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from hub.sealing.models import OutboxRow

if TYPE_CHECKING:
    from tests.hub.dispatch.conftest import Road

Forms = dict[str, dict[str, Any]]
pytestmark = pytest.mark.broker


def test_a_published_notice_reaches_the_box(road: Road, notices: Forms) -> None:
    box = road.add_box("box-1", road.people.village.code)
    road.publish(notices["N001"])
    road.until(lambda: box.names() == {"N001@1"})
    road.until(lambda: not OutboxRow.objects.filter(done_at=None).exists())

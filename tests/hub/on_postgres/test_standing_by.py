"""Two workers on one PostgreSQL: one dispatches, the other takes over when it is killed."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import pytest
from django.conf import settings
from django.db import connection
from django.utils import timezone

from hub.broker.files import HUB_SECRET
from hub.leases.holding import DISPATCH
from hub.leases.models import Lease, Worker
from hub.notices import desk
from hub.sealing.models import OutboxRow
from tests.conftest import HUB_PASSWORD

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.conftest import TestBroker
    from tests.hub.conftest import Desk

pytestmark = [
    pytest.mark.skipif(
        connection.vendor != "postgresql", reason="run by: python -m tests.with_postgres"
    ),
    pytest.mark.django_db(transaction=True, serialized_rollback=True),
    pytest.mark.broker,
]
PATIENCE_S = 90.0


def until(condition: Callable[[], bool]) -> None:
    started_s = time.monotonic()
    while not condition():
        assert time.monotonic() - started_s < PATIENCE_S
        time.sleep(0.1)


def at_work() -> set[str]:
    held = Lease.objects.filter(share=DISPATCH, until__gt=timezone.now())
    return set(held.values_list("worker", flat=True))


@pytest.fixture
def dispatchers(broker: TestBroker) -> Iterator[dict[str, subprocess.Popen[bytes]]]:
    (settings.DATA.keys / HUB_SECRET).write_text(HUB_PASSWORD, encoding="ascii")
    url = os.environ["VILLAGE_HUB_DATABASE"].rsplit("/", 1)[0]
    shared = {
        **os.environ,
        "VILLAGE_HUB_DATABASE": f"{url}/{connection.settings_dict['NAME']}",
        "VILLAGE_HUB_DATA": str(settings.DATA.root),
        "VILLAGE_HUB_BROKER": f"mqtt://127.0.0.1:{broker.port}",
    }
    running = {
        name: subprocess.Popen(
            [sys.executable, "-m", "hub.dispatch"], env={**shared, "VILLAGE_HUB_WORKER": name}
        )
        for name in ("a", "b")
    }
    yield running
    for process in running.values():
        process.kill()
        process.wait()


def publish(people: Desk, form: dict[str, Any]) -> None:
    page = desk.draft_from_import(people.clerk, form, people.village, now=timezone.now())
    desk.drop_restricted_columns(people.clerk, page)
    desk.submit(people.clerk, page)
    desk.approve(people.committee, page)
    desk.sign(people.secretary, page)


def all_sent() -> bool:
    return OutboxRow.objects.exists() and not OutboxRow.objects.filter(done_at=None).exists()


def test_the_one_that_stands_by_takes_over_from_a_dispatcher_that_is_killed(
    dispatchers: dict[str, subprocess.Popen[bytes]],
    people: Desk,
    notices: dict[str, dict[str, Any]],
) -> None:
    until(lambda: Worker.objects.count() == len(dispatchers) and len(at_work()) == 1)
    publish(people, notices["N003"])
    until(all_sent)
    (first,) = at_work()
    dispatchers[first].kill()
    publish(people, notices["N007"])
    until(all_sent)
    assert at_work() == set(dispatchers) - {first}

"""Two transactions that disagree: on PostgreSQL one is done again, and nothing is lost."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest
from django.db import OperationalError, connection, transaction

from hub.dispatch.models import Layer
from hub.site import conflicts

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_django import DjangoDbBlocker

pytestmark = pytest.mark.skipif(
    connection.vendor != "postgresql", reason="run by: python -m tests.with_postgres"
)
NOW = "2024-07-12T00:00:00Z"
AREA = "530199001001"


@pytest.fixture(autouse=True)
def _committed(
    django_db_setup: None,  # noqa: ARG001 - the database must be there
    django_db_blocker: DjangoDbBlocker,
) -> Iterator[None]:
    """Rows that are really committed, and removed by hand."""
    with django_db_blocker.unblock():
        yield
        Layer.objects.filter(area=AREA).delete()


def _count_up(met: threading.Barrier | None) -> None:
    layer = Layer.objects.get(area=AREA)
    if met is not None and met.n_waiting < met.parties and not met.broken:
        met.wait(20)
    layer.generation += 1
    layer.save()


def _race(run: object) -> list[BaseException]:
    """Two threads that both read before either writes, the first time round."""
    Layer.objects.create(area=AREA, content="", body=b"", sealed_at=NOW)
    met = threading.Barrier(2)
    failed: list[BaseException] = []

    def work() -> None:
        rounds = iter([met])
        try:
            run(lambda: _count_up(next(rounds, None)))  # type: ignore[operator] # see callers
        except OperationalError as error:
            failed.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(2)]
    for each in threads:
        each.start()
    for each in threads:
        each.join(60)
    return failed


def test_the_loser_is_done_again_and_both_count() -> None:
    assert _race(conflicts.committed) == []
    assert Layer.objects.get(area=AREA).generation == 2


def test_without_a_second_try_the_loser_is_told_that_it_lost() -> None:
    def once(act: object) -> None:
        with transaction.atomic():
            act()  # type: ignore[operator] # a function

    failed = _race(once)
    assert [conflicts.is_conflict(each) for each in failed] == [True]
    assert Layer.objects.get(area=AREA).generation == 1


def test_inside_a_transaction_it_is_left_to_the_outermost() -> None:
    tries = []

    def lose() -> None:
        tries.append(1)
        with connection.cursor() as cursor:
            cursor.execute("DO $$ BEGIN RAISE SQLSTATE '40001'; END $$")

    with pytest.raises(OperationalError), transaction.atomic():
        conflicts.committed(lose)
    assert len(tries) == 1
    with pytest.raises(OperationalError):
        conflicts.committed(lose)
    assert len(tries) == 1 + conflicts.TRIES

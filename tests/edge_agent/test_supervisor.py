"""The supervisor: what dies comes back, with a growing pause, and never takes another along."""

import sys
import time
from datetime import UTC, datetime

from edge_agent.clock import ManualClock
from edge_agent.supervisor import SILENT_S, Program, Supervisor

STAYS = [sys.executable, "-c", "import time; time.sleep(60)"]
DIES = [sys.executable, "-c", "raise SystemExit(3)"]


def _clock() -> ManualClock:
    return ManualClock(datetime(2024, 7, 3, tzinfo=UTC))


def _await_end(program: Program) -> None:
    assert program.process is not None
    program.process.wait(20)


def test_a_part_that_dies_is_started_again_and_its_neighbour_runs_on() -> None:
    clock, dying, staying = _clock(), Program("dies", DIES), Program("stays", STAYS)
    keeper = Supervisor([dying, staying], clock)
    try:
        keeper.turn()
        neighbour = staying.process
        _await_end(dying)
        keeper.turn()
        assert (dying.process, dying.restarts) == (None, 1)
        clock.advance(1.0)
        keeper.turn()
        assert dying.process is not None
        assert staying.process is neighbour
    finally:
        keeper.end_all()


def test_the_pause_doubles_up_to_half_a_minute_and_is_forgotten_after_a_quiet_one() -> None:
    clock, dying = _clock(), Program("dies", DIES)
    keeper = Supervisor([dying], clock)
    pauses = []
    for _ in range(8):
        keeper.turn()
        _await_end(dying)
        keeper.turn()
        pauses.append(dying.due_s - clock.monotonic_s())
        clock.advance(pauses[-1])
    assert pauses == [0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 30.0]
    keeper.turn()
    _await_end(dying)
    clock.advance(61)
    keeper.turn()
    assert dying.due_s - clock.monotonic_s() == 0.5


def test_the_end_leaves_no_process_behind() -> None:
    staying = Program("stays", STAYS)
    keeper = Supervisor([staying], _clock())
    keeper.turn()
    keeper.end_all()
    assert staying.process is not None
    assert staying.process.poll() is not None


def test_a_part_that_was_ready_and_falls_silent_is_ended_and_started_again() -> None:
    says = "from edge_agent.part import notify; import time; notify('READY=1'); time.sleep(60)"
    clock, hanging = _clock(), Program("hangs", [sys.executable, "-c", says])
    starting = Program("starting", STAYS)  # never ready: it may take its time
    keeper = Supervisor([hanging, starting], clock)
    try:
        keeper.turn()
        until_s = time.monotonic() + 60.0
        while hanging.pulse is None or not hanging.pulse.is_ready:
            assert time.monotonic() < until_s, "it never said that it is ready"
            keeper.turn()
        first, neighbour = hanging.process, starting.process
        clock.advance(SILENT_S - 1)
        keeper.turn()
        assert (hanging.process, hanging.restarts) == (first, 0)
        clock.advance(2)
        keeper.turn()
        keeper.turn()
        assert (hanging.process, hanging.restarts) == (None, 1)
        assert starting.process is neighbour
    finally:
        keeper.end_all()

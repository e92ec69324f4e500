"""The same model as `test_convergence`, with clocks that are lost, behind, and earned again.

An alert runs for half an hour of true time; a box that has lost its clock goes on from an
earlier moment, as `edge_agent.clock` does. The invariants are those of the fault matrix.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, rule

from edge_agent.plan import plan
from faults.invariants import each_alert_once, nothing_foreign, right_everywhere
from tests.edge_agent.link.conftest import NOW
from tests.edge_agent.link.test_convergence import COUNTY, Road


class RoadWithClocks(Road):
    """Hub, broker, boxes and cuts, and the true time beside what the boxes believe."""

    @initialize()
    def set_clocks(self) -> None:
        self.true_now = NOW

    @rule(minutes=st.integers(1, 45))
    def let_time_pass(self, minutes: int) -> None:
        self.true_now += timedelta(minutes=minutes)
        for box in self.boxes:
            box.clock.advance(minutes * 60)
            box.alarms.turn()

    @rule(number=st.integers(0, 1), behind=st.integers(0, 600))
    def cut_the_power_and_lose_the_clock(self, number: int, behind: int) -> None:
        box = self.boxes[number]
        earlier = box.clock.read().now - timedelta(minutes=behind)
        box.clock.set(max(NOW, earlier))
        box.clock.trusted = False
        box.restart()

    @rule(number=st.integers(0, 1))
    def the_hub_tells_the_time(self, number: int) -> None:
        box = self.boxes[number]
        box.clock.store_trust(self.true_now)
        box.alarms.turn()

    @rule(number=st.integers(0, 1), late=st.booleans())
    def sound_an_alarm_of_this_moment(self, number: int, *, late: bool) -> None:
        issued = self.true_now - timedelta(minutes=45 if late else 0)
        key = f"AT{int(issued.timestamp())}"
        alert = COUNTY.alert(key, issued_at=issued, expires_at=issued + timedelta(minutes=30))
        box = self.boxes[number]
        box.alarms.take_message(box.area, COUNTY.seal_alert(alert), is_repeated=True)

    @invariant()
    def no_clock_hides_content(self) -> None:
        for box in getattr(self, "boxes", []):
            shown = plan(box.held.store.in_force(), box.clock.read()).readable
            names = {each.notice.name for each in shown}
            assert right_everywhere({"box": box.names()}, {"box": names}) == ()

    @invariant()
    def with_a_trusted_clock_nothing_that_is_over_is_played(self) -> None:
        for box in getattr(self, "boxes", []):
            reading = box.clock.read()
            if reading.trusted:
                playing = plan(box.held.store.in_force(), reading).alerts
                alive = {each.alert.id for each in playing if self.true_now < each.alert.expires_at}
                assert nothing_foreign({each.alert.id for each in playing}, alive) == ()

    @invariant()
    def every_alert_of_a_moment_is_handed_over_once_at_most(self) -> None:
        for box in getattr(self, "boxes", []):
            stored = [key for stage, key, _ in box.receipts() if stage == "stored"]
            alerts = [key for key in stored if key.startswith("N-AT")]
            assert each_alert_once((), alerts) == ()


RoadWithClocks.TestCase.settings = settings(
    max_examples=25,
    stateful_step_count=25,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
TestRoadWithClocks: Any = RoadWithClocks.TestCase

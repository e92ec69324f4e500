"""The invariants see what they are there to see."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest

from faults.invariants import (
    each_alert_once,
    never_blank,
    nothing_foreign,
    nothing_said_is_lost,
    right_everywhere,
)
from faults.rows import NotHere, Row, RowFailed, Scene, Seen, play, table

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def test_a_box_that_lacks_or_still_shows_something_is_not_right() -> None:
    assert right_everywhere({"b": {"N1@2"}}, {"b": {"N1@2"}}) == ()
    assert right_everywhere({"b": {"N1@2"}}, {"b": {"N1@1"}}) == (
        "b lacks N1@2",
        "b still shows N1@1",
    )
    assert right_everywhere({"b": {"N1@2"}}, {}) == ("b lacks N1@2",)


def test_what_nobody_signed_is_a_breach() -> None:
    assert nothing_foreign(["A1", "A1"], {"A1", "A2"}) == ()
    assert nothing_foreign(["A3"], {"A1"}) != ()


def test_an_alert_is_played_once_or_reported_never_twice_never_neither() -> None:
    assert each_alert_once(["A1", "A2"], ["A1"], {"A2"}) == ()
    assert each_alert_once(["A1"], []) == ("A1 was neither played nor reported",)
    assert each_alert_once(["A1"], ["A1", "A1"]) == ("A1 was played 2 times",)


def test_a_dark_panel_and_a_panel_that_nobody_looked_at_are_breaches() -> None:
    assert never_blank([5, 3]) == ()
    assert never_blank([5, 0]) != ()
    assert never_blank([]) != ()


def test_a_slip_that_was_promised_must_be_somewhere() -> None:
    assert nothing_said_is_lost(["T-1"], {"T-1", "T-2"}) == ()
    assert nothing_said_is_lost(["T-3"], {"T-1"}) == ("slip T-3 is lost",)


def _fails(_: Scene) -> Seen:
    raise RowFailed("not within 60 s")


def _needs_root(_: Scene) -> Seen:
    raise NotHere("needs root")


@pytest.mark.parametrize(
    ("run", "verdict"),
    [
        (lambda _: Seen("2 times", "all right"), "pass"),
        (lambda _: Seen("2 times", "all right", ["box-1 lacks N1@2"]), "FAIL"),
        (_fails, "FAIL"),
        (_needs_root, "elsewhere"),
        (None, "elsewhere"),
    ],
)
def test_a_row_s_verdict_is_what_was_seen(
    tmp_path: Path, run: Callable[[Scene], Seen] | None, verdict: str
) -> None:
    row = Row("1", "broker | kill -9", "right in 60 s", run, why="needs hardware")
    scene = Scene(tmp_path / "row", short=True, found_county=SimpleNamespace)  # type: ignore[arg-type,return-value]
    found = play(row, scene)
    assert found.verdict == verdict
    assert table([found]).count("\n") == 3
    assert f"| {verdict} |" in table([found])

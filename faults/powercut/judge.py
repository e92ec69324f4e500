"""Was anything lost or torn? The box's own files after a cut, held against what was sent."""

from __future__ import annotations

from typing import TYPE_CHECKING

from contract.areas import Area
from contract.errors import VillageError
from edge_agent.outbox import Outbox
from edge_agent.store import ROTTEN_ERRORS, StoreWriter
from tests.edge_agent.link.conftest import VILLAGE

if TYPE_CHECKING:
    from pathlib import Path

    from faults.powercut.day import Day

LOST, TORN = "lost", "torn"


def judge(data: Path, day: Day, acknowledged: int) -> list[tuple[str, str]]:
    """Open what is left as a box does at boot; every breach as (``lost`` or ``torn``, what)."""
    try:
        return [*_store(data, day, acknowledged), *_outbox(data, day, acknowledged)]
    except (VillageError, *ROTTEN_ERRORS) as error:
        return [(TORN, f"cannot be opened: {error}")]


def _store(data: Path, day: Day, acknowledged: int) -> list[tuple[str, str]]:
    store = StoreWriter(data / "store")
    breaches: list[tuple[str, str]] = []
    try:
        store.check()
        held = store.in_force()
        layer = store.layers().get(Area.parse(VILLAGE))
        generation = layer.generation if layer else 0
        if generation < (wanted := day.generation(acknowledged)):
            breaches.append((LOST, f"generation {generation} after {wanted} was acknowledged"))
        if held.damaged or {each.notice.name for each in held.notices} != day.names[generation]:
            breaches.append((TORN, f"generation {generation} is not whole"))
        if any(each.notice.summary != day.texts[each.notice.name] for each in held.notices):
            breaches.append((TORN, "a notice is not what was signed"))
        alerts = {each.alert.id for each in held.alerts}
        breaches += [(LOST, f"alert {each}") for each in day.alerts(acknowledged) - alerts]
    finally:
        store.close()
    return breaches


def _outbox(data: Path, day: Day, acknowledged: int) -> list[tuple[str, str]]:
    outbox = Outbox(data / "link")
    try:
        events = outbox.after(0, 1_000_000)
    finally:
        outbox.close()
    wanted = day.receipts(acknowledged)
    numbers = [each.seq for each in events]
    if wanted and (not numbers or numbers[-1] < wanted):
        return [(LOST, f"receipts behind {numbers[-1:]} of {wanted}")]
    if numbers and numbers != list(range(numbers[0], numbers[-1] + 1)):
        return [(TORN, "the numbers of the receipts have a gap")]
    return []

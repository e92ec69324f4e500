"""The row about two brokers that know nothing of each other: one dies, and the other, in turn."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from faults.ground import free_port
from faults.rows import Row, Scene, Seen
from hub.broker.files import Account, BrokerFiles
from hub.broker.passwords import hashed
from hub.broker.supervisor import BrokerSupervisor
from hub.dispatch.outlet import BrokerAddress
from hub.ledger import boxes
from hub.ledger.models import Box as BoxRow

if TYPE_CHECKING:
    from faults.county import County
    from faults.village import VillageBox

STANDBY = "VILLAGE_HUB_STANDBY"


def ping_pong(scene: Scene) -> Seen:
    """Row 23."""
    county, count, times = scene.county, scene.dose(20, 2), []
    standby = BrokerSupervisor(BrokerFiles(scene.folder / "standby"), free_port())
    os.environ[STANDBY] = f"mqtt://127.0.0.1:{standby.port}"
    county.dispatcher.close()
    county.dispatcher = county.new_dispatcher(BrokerAddress("127.0.0.1", standby.port))
    try:
        with county.villages(scene.folder, 2) as found:
            _admit(standby)
            county.running.append(standby)
            county.until(lambda: all(_knows_both(each) and each.clock.trusted for each in found))
            alarms = len(county.alarms)
            for number in range(count):
                off, on = (county.broker, standby)[:: 1 if number % 2 == 0 else -1]
                _switch(county, on=on, off=off)
                county.until(lambda: not any(each.is_up for each in found))
                county.publish()
                county.alarm()
                times.append(county.until(lambda: not county.unheard(alarms)))
                county.until_right()
            breaches = [*county.foreign(), *county.unheard(alarms)]
            _switch(county, on=county.broker, off=standby)
            county.until_right()
    finally:
        standby.stop()
        del os.environ[STANDBY]
        county.running = [county.broker]
        county.dispatcher.close()
        county.dispatcher = county.new_dispatcher()
    if max(times) > scene.limit_s(5.0):
        breaches.append(f"an alert took {max(times):.1f} s")
    return Seen(
        f"{count} times",
        f"alert at every box {max(times):.1f} s after the loss was noticed at worst, all right",
        breaches,
    )


def _admit(standby: BrokerSupervisor) -> None:
    rows = BoxRow.objects.filter(revoked_at=None)
    accounts = [Account(row.id, row.password_hash, row.followed) for row in rows]
    standby.files.write_accounts(hashed(boxes.hub_password()), accounts)


def _knows_both(box: VillageBox) -> bool:
    return box.link is not None and len(box.link._session._addresses) > 1


def _switch(county: County, *, on: BrokerSupervisor, off: BrokerSupervisor) -> None:
    """One machine goes down, the other is up."""
    county.running = [on]
    if off.process is not None and off.process.poll() is None:
        off.process.kill()
        off.process.wait()


ROWS = (
    Row("23", "two brokers fail over, ping-pong", "I1, alert within 5 s of noticing", ping_pong),
)

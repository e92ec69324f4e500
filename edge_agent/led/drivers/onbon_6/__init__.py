"""Onbon BX-5E, BX-6E and BX-6Q cards: pixels in dynamic areas, drawn by the box."""

from edge_agent.led.drivers.onbon_6.decode import decode
from edge_agent.led.drivers.onbon_6.driver import Onbon6
from edge_agent.led.drivers.registry import Driver

DRIVER = Driver(
    name="onbon-6",
    title="仰邦 BX-5E/6E/6Q 图文卡 / Onbon BX-5E, 6E, 6Q graphic cards",
    panel=Onbon6,
    decode=decode,
    emulator="edge_agent.led.emulators.onbon_6:Onbon6Card",
    baud=57600,
    colours=("mono", "dual", "full"),
    expires=True,
    senses_light=True,
)

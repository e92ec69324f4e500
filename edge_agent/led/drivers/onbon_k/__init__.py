"""Onbon BX-5K and BX-6K cards: text by character codes, drawn from the card's own fonts.

Source: the maker's "BX-5K/6K protocol, user version" 1.4 of 2021-02-28; section numbers in
this folder's docstrings are that document's.
"""

from edge_agent.led.drivers.onbon_k.decode import decode
from edge_agent.led.drivers.onbon_k.driver import OnbonK
from edge_agent.led.drivers.registry import Driver

DRIVER = Driver(
    name="onbon-k",
    title="仰邦 BX-5K/6K 字库卡 / Onbon BX-5K, BX-6K text cards",
    panel=OnbonK,
    decode=decode,
    emulator="edge_agent.led.emulators.onbon_k:OnbonKCard",
    baud=9600,
    colours=("mono", "dual"),
    text_sizes_px=(16, 24, 32),
    expires=True,
)

"""Faults on order: a line that loses, flips and doubles bytes, a card that is busy, late or dumb.

A specification is a list such as ``drop=0.001,flip=0.001,busy=3,late=2.5,silent=2,seed=7``.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field, fields


@dataclass(slots=True)
class Faults:
    """What is wrong with line and card.

    ``drop``, ``flip`` and ``dup`` are chances per byte, both ways; ``budget`` ends them after
    so many faults. ``busy`` and ``silent`` count the next commands; ``late_s`` delays answers.
    ``unplug_after_s`` and ``unplug_for_s`` take the whole line away for a while.
    """

    drop: float = 0.0
    flip: float = 0.0
    dup: float = 0.0
    budget: int = 1 << 31
    busy: int = 0
    silent: int = 0
    late_s: float = 0.0
    unplug_after_s: float = 0.0
    unplug_for_s: float = 0.0
    seed: int = 1
    done: int = field(default=0, init=False)
    """How many byte faults there have been."""
    _random: random.Random = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)  # noqa: S311 - faults, not secrets

    def spoil(self, data: bytes) -> bytes:
        """The bytes after the line's faults."""
        if not (self.drop or self.flip or self.dup):
            return data
        out = bytearray()
        for byte in data:
            out += self._spoil_byte(byte)
        return bytes(out)

    def take(self, name: str) -> bool:
        """Whether the counted fault ``name`` (busy or silent) hits this command."""
        left: int = getattr(self, name)
        if left > 0:
            setattr(self, name, left - 1)
        return left > 0

    def _spoil_byte(self, byte: int) -> bytes:
        chance = self._random.random()
        if self.done >= self.budget or chance >= self.drop + self.flip + self.dup:
            return bytes([byte])
        self.done += 1
        if chance < self.drop:
            return b""
        if chance < self.drop + self.flip:
            return bytes([byte ^ (1 << self._random.randrange(8))])
        return bytes([byte, byte])


def parse_faults(text: str) -> Faults:
    """Read a specification. Raises: ValueError naming what it does not know."""
    known = {entry.name: entry.type for entry in fields(Faults) if entry.init}
    short = {name.removesuffix("_s"): name for name in known}
    values: dict[str, float] = {}
    for part in filter(None, text.split(",")):
        name, _, value = part.partition("=")
        full = short.get(name.strip().removesuffix("_s"))
        if full is None or not value:
            raise ValueError(f"unknown fault {part!r}: give NAME=VALUE of {', '.join(short)}")
        values[full] = float(value) if known[full] == "float" else int(value)
    return Faults(**values)  # type: ignore[arg-type]  # the types were looked up above

"""What must hold after every fault: I1 to I5, as code that every row and every model uses.

Each function gives the breaches as sentences; none means that the invariant holds.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

Breaches = tuple[str, ...]


def right_everywhere(
    truth: Mapping[str, Collection[str]], shown: Mapping[str, Collection[str]]
) -> Breaches:
    """I1: what each box shows is what the hub says is in force there.

    Args:
        truth: for each box the names (``id@revision``) in force in its areas.
        shown: for each box the names it shows.
    """
    breaches = []
    for box, wanted in truth.items():
        found = set(shown.get(box, ()))
        if lacking := sorted(set(wanted) - found):
            breaches.append(f"{box} lacks {', '.join(lacking)}")
        if extra := sorted(found - set(wanted)):
            breaches.append(f"{box} still shows {', '.join(extra)}")
    return tuple(breaches)


def nothing_foreign(played: Iterable[str], signed: Collection[str]) -> Breaches:
    """I2: nothing unsigned, expired or replayed is shown or played.

    Args:
        played: names that were shown or ids that were played.
        signed: what was signed and, at that moment, in force.
    """
    return tuple(f"{each} was never to be played" for each in sorted(set(played) - set(signed)))


def each_alert_once(
    valid: Iterable[str], played: Iterable[str], reported: Collection[str] = ()
) -> Breaches:
    """I3: every valid alert is played exactly once, or reported as not played.

    Args:
        valid: ids of alerts that were signed for this box and reached their time.
        played: ids in the order they were handed to the loudspeaker.
        reported: ids of which the hub was told why they were not played.
    """
    counts = Counter(played)
    silent = [
        f"{each} was neither played nor reported"
        for each in valid
        if not counts[each] and each not in reported
    ]
    doubled = [f"{each} was played {n} times" for each, n in sorted(counts.items()) if n > 1]
    return (*silent, *doubled)


def never_blank(lit_pixels: Iterable[int]) -> Breaches:
    """I4: no look at the panel found it dark.

    Args:
        lit_pixels: how many pixels were lit at each look.
    """
    looks = list(lit_pixels)
    dark = sum(1 for each in looks if each == 0)
    if not looks:
        return ("nobody looked at the panel",)
    return (f"the panel was dark at {dark} of {len(looks)} looks",) if dark else ()


def nothing_said_is_lost(acknowledged: Iterable[str], held: Collection[str]) -> Breaches:
    """I5: what the query screen said it received is still held somewhere.

    Args:
        acknowledged: numbers of slips that a villager was given.
        held: numbers that lie in the box's outbox or at the hub.
    """
    return tuple(f"slip {each} is lost" for each in acknowledged if each not in held)

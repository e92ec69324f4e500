"""Whether what was seen over time only moved forward."""

from __future__ import annotations


def is_in_order(seen: list[int]) -> bool:
    """Editions only grow; 0 (nothing there) stands before the first or after the withdrawal."""
    shown = [each for each in seen if each]
    gone_at = len(seen) - 1 if seen and seen[-1] == 0 else len(seen)
    return (
        shown == sorted(set(shown))
        and 0 not in seen[seen.index(shown[0]) if shown else 0 : gone_at]
    )

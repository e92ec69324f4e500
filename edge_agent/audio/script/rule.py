"""A rule of reading: a pattern, and what is said instead of it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

NUMBER = r"\d+(?:\.\d+)?"
"""A number once the commas between thousands are gone."""
ALONE = r"(?<![\d.])"
"""Stands before a number that must not be the tail of another one."""
TO = r"\s*(?P<to>-{1,2}|—{1,2}|–|~|至|到)\s*"
"""What stands between the two ends of a range."""

Say = Callable[[re.Match[str]], str]


@dataclass(frozen=True, slots=True)
class Rule:
    """Wherever ``pattern`` stands, ``say`` gives the words."""

    pattern: re.Pattern[str]
    say: Say


def rule(pattern: str, say: Say) -> Rule:
    """Compile a rule."""
    return Rule(re.compile(pattern), say)


def apply_rules(rules: Iterable[Rule], text: str) -> str:
    """Apply each rule in order, everywhere."""
    for each in rules:
        text = each.pattern.sub(each.say, text)
    return text


def to_word(match: re.Match[str], otherwise: str) -> str:
    """The word between the ends of a range: the writer's own, or ``otherwise`` for a dash."""
    return match["to"] if match["to"] in {"至", "到"} else otherwise

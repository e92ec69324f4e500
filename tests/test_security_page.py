"""The list of attacks cannot rot: every attack names tests, and every test it names exists."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "security.md"
_SPAN = re.compile(r"`([^`]+)`")
_TEST = re.compile(r"^\s*(?:async )?def (test_\w+)", re.MULTILINE)


ATTACKS = (
    "7 × 100", "without being let in", "another village's topics", "another's client id",
    "a revoked box", "withdrawn comes again", "before a power cut", "path traversal",
    "other addresses", "script in titles", "control codes", "engine escapes", "screen left",
    "foreign page", "guessing passwords", "planted or stolen session", "review chain",
    "flooding slips", "stolen card", "stolen ticket", "USB stick", "secrets in logs",
    "random damages",
)  # fmt: skip


def _attacks() -> list[str]:
    body = PAGE.read_text(encoding="utf-8").partition("## The attacks")[2].partition("\n## ")[0]
    rows = [line for line in body.splitlines() if line.startswith("|")]
    return rows[2:]


def _named(row: str) -> list[tuple[str, str]]:
    """Each test of a row with the file that stands before it."""
    file, found = "", []
    for span in _SPAN.findall(row.rsplit("|", 2)[1]):
        if span.startswith("tests/"):
            file = span
        elif span.startswith("test_"):
            found.append((file, span))
    return found


@pytest.mark.parametrize("row", _attacks(), ids=lambda row: row.split("|")[1].strip()[:40])
def test_every_attack_is_held_by_tests_that_exist(row: str) -> None:
    named = _named(row)
    assert named, f"no test holds this attack: {row[:80]}"
    for file, test in named:
        assert test in _TEST.findall((ROOT / file).read_text(encoding="utf-8")), f"{file}: {test}"


@pytest.mark.parametrize("attack", ATTACKS)
def test_every_attack_that_was_asked_for_is_on_the_list(attack: str) -> None:
    assert any(attack in row for row in _attacks())


def test_the_policy_says_whom_to_write_to_what_is_supported_and_what_is_not_defended() -> None:
    policy = (ROOT / "SECURITY.md").read_text(encoding="utf-8")
    for heading in ("## Reporting a fault", "## Supported versions", "docs/security.md"):
        assert heading in policy
    assert "### What is not defended" in PAGE.read_text(encoding="utf-8")

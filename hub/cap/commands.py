"""``village-hub cap``: take messages from files, check them, or make a token for a sender."""

from __future__ import annotations

import hashlib
import secrets
from typing import TYPE_CHECKING

from django.conf import settings
from django.utils import timezone

from hub.cap.desk import apply_rules
from hub.cap.mapping import WORDS
from hub.cap.models import Road, Verdict
from hub.cap.sources import BY_HAND, read_sources
from hub.cap.taking import take

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from hub.cap.models import Incoming


def new_token(say: Callable[[str], object]) -> int:
    """Print a new token and the line of ``cap.toml`` that knows it; the token is kept nowhere."""
    token = secrets.token_urlsafe(32)
    digest = hashlib.sha256(token.encode("ascii")).hexdigest()
    say(f"令牌 token（交给发送单位，本机不留 give it to the sender）: {token}")
    say(f'token_sha256 = "{digest}"')
    return 0


def take_files(files: Sequence[Path], source_name: str, say: Callable[[str], object]) -> int:
    """Take every file; 0 when all were taken or rightly left aside, 1 when one was refused.

    Raises:
        SourcesFileError: ``cap.toml`` is not right, or knows no such source; OSError: a file
            cannot be read.
    """
    sources = {each.name: each for each in read_sources(settings.DATA.root)}
    source = sources.get(source_name or BY_HAND)
    if source is None:
        say(f"没有这个来源 no such source: {source_name}; 有 known: {' '.join(sources)}")
        return 1
    rows = []
    for path in files:
        row = take(path.read_bytes(), source, Road.FILE)
        rows.append(row)
        for line in _lines(path.name, row):
            say(line)
    for emergency in apply_rules(timezone.now()):
        say(f"⚠ 按常设授权已发出 released by the standing rule: {emergency.title}")
    return 1 if any(row.verdict == Verdict.REFUSED for row in rows) else 0


def _lines(name: str, row: Incoming) -> list[str]:
    """What became of one file, for a person."""
    mark = {Verdict.TAKEN: "✓", Verdict.IGNORED: "·", Verdict.REFUSED: "✗"}[Verdict(row.verdict)]
    again = f"（第 {row.times} 次收到 received again）" if row.times > 1 else ""
    found = [f"{mark} {name}: {Verdict(row.verdict).label}{again} {row.reason}".rstrip()]
    for warning in row.warnings.order_by("number"):
        drill = "演练 " if warning.is_exercise else ""
        areas = "、".join(warning.areas) or "—"
        found.append(f"  {drill}{WORDS[warning.level]} {warning.title} → {areas}"
                     f" [{warning.get_state_display()}]")  # fmt: skip
        found += [f"    ! {remark}" for remark in warning.remarks]
    return found

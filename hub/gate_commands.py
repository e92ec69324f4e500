"""``village-hub privacy FILE`` and the reading half of ``village-hub import FILE``.

Both take the county's notices as JSON, an Excel sheet, a text file or a picture, and say in
Chinese, one line each, what was found. Nothing that was found is repeated in the output.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from contract.plain_text import Level
from contract.privacy import mask
from hub.intake import json_bytes
from hub.intake.faults import Fault, IntakeError
from hub.intake.notices import NoticeDraft, draft_from
from hub.intake.payloads import Answer, judge, judge_bytes, judge_value
from hub.intake.sheets import notice_from_csv, notice_from_sheet
from hub.intake.uploads import MAX_FILE_BYTES
from hub.privacy import Decision, Gate, examine

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterator

CLEAN, FOUND, USAGE = 0, 1, 2
_ACTIONS = {
    "bidi": "reject_chars",
    "control": "reject_chars",
    "surrogate": "reject_or_replace",
    "wrong_type": "reject_type",
    "bad_id": "reject_id",
    "hidden_column": "drop_hidden",
    "hidden_row": "drop_hidden",
    "hidden_sheet": "drop_hidden",
    "name_personal": "rename",
    "name_unsafe": "rename",
    "metadata_removed": "strip_metadata",
    "guessed_encoding": "detect_encoding",
    "expired_alert": "show_history_only",
    "markup": "escape",
    "formula": "prefix_quote_on_export",
    "emoji": "degrade",
    "beyond_gb2312": "encode_gbk_or_bitmap",
    "search_form": "normalise_for_search_only",
}
"""What is done about a fault, by its code; other refusals are plain ``reject``."""

_DECISIONS_ZH = {
    Decision.PUBLISH: "可以发布",
    Decision.PUBLISH_MASKED: "处理后可发布",
    Decision.BLOCK: "不得发布",
    Decision.EMERGENCY: "应急",
}


@dataclass(frozen=True, slots=True)
class Entry:
    """What was found in one notice, one case, or one file."""

    name: str
    faults: tuple[Fault, ...] = ()
    gate: Gate | None = None
    values: tuple[str, ...] = ()
    draft: NoticeDraft | None = field(default=None, repr=False)

    @property
    def refused(self) -> bool:
        """Whether it cannot be taken."""
        return any(fault.level is Level.REFUSE for fault in self.faults)

    @property
    def is_clean(self) -> bool:
        """Whether it may be published as it is."""
        doubtful = any(fault.level is not Level.NOTE for fault in self.faults)
        return not doubtful and (self.gate is None or self.gate.is_clean)

    @property
    def decision_zh(self) -> str:
        """The decision in two or three Chinese words."""
        if self.refused:
            return "不予接收"
        doubtful = any(fault.level is Level.CONFIRM for fault in self.faults)
        if self.gate is None or (doubtful and self.gate.decision is Decision.PUBLISH):
            return "需核对" if doubtful else "可以使用"
        return _DECISIONS_ZH[self.gate.decision]

    def actions(self) -> list[str]:
        """What is done about it, in the words of the exchange form, the gravest first."""
        found: list[str] = []
        if self.refused:
            found.append("reject")
        if self.gate is not None and self.gate.decision is Decision.BLOCK:
            found.append("block")
        doubtful = any(fault.level is Level.CONFIRM for fault in self.faults)
        if doubtful or (self.gate is not None and self.gate.needs_confirm):
            found.append("warn_human")
        if self.gate is not None:
            found += ["drop_column"] * bool(self.gate.restricted_columns)
            found += ["mask"] * bool(self.gate.findings)
        found += [_ACTIONS[fault.code] for fault in self.faults if fault.code in _ACTIONS]
        return list(dict.fromkeys(found)) or ["pass"]

    def lines(self) -> list[str]:
        """Chinese sentences, the gravest first; notes at the end."""
        order = (Level.REFUSE, Level.CONFIRM)
        grave = [fault.zh for level in order for fault in self.faults if fault.level is level]
        notes = [fault.zh for fault in self.faults if fault.level is Level.NOTE]
        found = [*grave, *(self.gate.sentences() if self.gate else []), *notes]
        return list(dict.fromkeys(map(mask, found)))

    def to_dict(self) -> dict[str, Any]:
        """For ``--json``; numbers in quoted cells and suggestions are masked."""
        return {
            "name": self.name,
            "clean": self.is_clean,
            "refused": self.refused,
            "actions": self.actions(),
            "faults": [
                {key: mask(value) for key, value in asdict(fault).items()} for fault in self.faults
            ],
            "values": list(self.values),
            **(self.gate.to_dict() if self.gate else {"decision": None}),
        }


def add_privacy_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of ``village-hub privacy``; ``run`` is set to the command."""
    parser.add_argument(
        "file",
        metavar="FILE",
        help="notices as .json, a sheet as .xlsx or .csv, a text or a picture; 20 MiB at most",
    )
    parser.add_argument("--json", action="store_true", dest="as_json", help="print JSON")
    parser.set_defaults(run=run_privacy)


def run_privacy(arguments: argparse.Namespace) -> int:
    """Run the command from parsed arguments."""
    return privacy(arguments.file, as_json=arguments.as_json)


def privacy(
    path: str | Path, *, as_json: bool = False, write: Callable[[str], object] | None = None
) -> int:
    """Say what the gate finds in a file.

    Args:
        path: the file.
        as_json: print one JSON object instead of lines.
        write: where the words go; the standard output by default.

    Returns:
        0 nothing found, 1 something found or bad, 2 the file cannot be read.
    """
    say = write or sys.stdout.write
    try:
        entries = read_entries(Path(path))
    except OSError as error:
        reason = error.strerror or type(error).__name__
        say(f"读不了文件“{path}”，请检查路径。 Cannot read the file: {reason}\n")
        return USAGE
    except IntakeError as error:
        entries = [Entry(mask(Path(path).name), (error.fault,))]
    clean = all(entry.is_clean for entry in entries)
    if as_json:
        report = {
            "file": mask(Path(path).name),
            "clean": clean,
            "entries": [entry.to_dict() for entry in entries],
        }
        say(json.dumps(report, ensure_ascii=True, indent=2) + "\n")
    else:
        for line in _lines(entries):
            say(line.encode("utf-8", "replace").decode("utf-8") + "\n")
    return CLEAN if clean else FOUND


def import_file(
    path: str | Path,
    store: Callable[[NoticeDraft, Gate], str],
    write: Callable[[str], object] | None = None,
) -> int:
    """Read notices from JSON or Excel and hand each that can be taken to ``store``.

    Args:
        path: a .json, .xlsx or .csv file.
        store: keeps a draft at the hub and returns what to call it; the gate's answer is with it,
            nothing was masked yet.
        write: where the words go; the standard output by default.

    Returns:
        0 all were taken, 1 some were refused, 2 the file cannot be read.
    """
    say = write or sys.stdout.write
    try:
        entries = [entry for entry in read_entries(Path(path)) if entry.draft is not None]
    except OSError as error:
        say(f"读不了文件“{path}”，请检查路径。 Cannot read the file: {error.strerror}\n")
        return USAGE
    except IntakeError as error:
        say(f"未导入：{error}\n")
        return FOUND
    if not entries:
        say("文件里没有公告，请用公告JSON或Excel表格。 No notices in the file.\n")
        return FOUND
    for entry in entries:
        if entry.draft is not None and entry.gate is not None and not entry.refused:
            say(f"已导入 {store(entry.draft, entry.gate)}\n")
    for line in _lines(entries):
        say(line + "\n")
    return FOUND if any(entry.refused for entry in entries) else CLEAN


def read_entries(path: Path) -> list[Entry]:
    """Everything that a file holds, judged.

    Raises:
        OSError: the file cannot be read.
        IntakeError: the file as a whole cannot be taken.
    """
    with path.open("rb") as stream:
        data = stream.read(MAX_FILE_BYTES + 1)
    ending = path.suffix.lower()
    if ending == ".json":
        return list(_json_entries(json_bytes.load(data, path.name), path.name))
    if ending in {".xlsx", ".csv"}:
        read = notice_from_csv if ending == ".csv" else notice_from_sheet
        return [_notice_entry(read(data, path.name), path.name)]
    if ending in {"", ".txt", ".md"}:
        return [_answer_entry(judge_bytes(data, f"{path.stem}.txt", "text/plain"), path.name)]
    return [_answer_entry(judge_bytes(data, path.name), path.name)]


def _json_entries(content: object, name: str) -> Iterator[Entry]:
    if isinstance(content, Mapping) and isinstance(content.get("cases"), list):
        for place, case in enumerate(content["cases"]):
            payload = case.get("payload") if isinstance(case, Mapping) else None
            called = str(case.get("id", place)) if isinstance(case, Mapping) else str(place)
            yield _answer_entry(judge(payload if isinstance(payload, Mapping) else {}), called)
        return
    notices = content.get("notices") if isinstance(content, Mapping) else content
    if isinstance(notices, list):
        for place, notice in enumerate(notices):
            draft = draft_from(notice)
            yield _notice_entry(draft, draft.id or f"{name}[{place}]")
    elif isinstance(content, Mapping) and ("body" in content or "table" in content):
        yield _notice_entry(draft_from(content), str(content.get("id") or name))
    else:
        yield _answer_entry(judge_value(content), name)


def _notice_entry(draft: NoticeDraft, name: str) -> Entry:
    return Entry(mask(name), draft.faults, examine(draft.data), draft=draft)


def _answer_entry(answer: Answer, name: str) -> Entry:
    return Entry(mask(name), answer.faults, answer.gate, answer.values)


def _lines(entries: list[Entry]) -> Iterator[str]:
    for entry in entries:
        for line in entry.lines() or ["没有发现问题。"]:
            yield f"{entry.name}\t{entry.decision_zh}\t{line}"

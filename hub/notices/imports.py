"""Files that a clerk hands in: which reader takes them, and what the clerk added by hand."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from hub.intake.notices import NoticeDraft, draft_from, notices_from_json
from hub.intake.sheets import notice_from_sheet
from hub.intake.text_bytes import decode
from hub.intake.uploads import clean_name
from hub.notices.drafts import ImportRefusedError

if TYPE_CHECKING:
    from collections.abc import Mapping


def read_upload(name: str, data: bytes, given: Mapping[str, Any]) -> list[NoticeDraft]:
    """The notices in one file: .xlsx (a table), .json (the notices form), .txt (a text).

    Args:
        name: the file's name; its ending chooses the reader.
        data: the file.
        given: title, summary and item that the clerk wrote beside it; they fill what is blank,
            and for a single notice they replace what the file says.

    Raises:
        ImportRefusedError: another kind of file. IntakeError: the file cannot be taken.
    """
    plain, _ = clean_name(name)
    ending = plain.rpartition(".")[2].lower()
    if ending == "json":
        drafts = notices_from_json(data)
    elif ending == "xlsx":
        drafts = [notice_from_sheet(data, plain)]
    elif ending == "txt":
        drafts = [_from_text(plain, data)]
    else:
        raise ImportRefusedError(
            "只收 .xlsx 表格、.txt 文本和 .json 公告文件，请另存后再导入。"
            " / only .xlsx, .txt and .json; save it as one of these."
        )
    if len(drafts) > 1:
        return drafts
    said = {key: value for key, value in given.items() if value}
    return [_with(drafts[0], said)]


def _with(draft: NoticeDraft, said: dict[str, Any]) -> NoticeDraft:
    if not said:
        return draft
    again = draft_from({**draft.data, **said})
    return replace(again, faults=(*draft.faults, *again.faults))


def _from_text(name: str, data: bytes) -> NoticeDraft:
    """A plain text: its first line is the title, unless it is a whole sentence."""
    decoded = decode(data, name)
    lines = [line.strip() for line in decoded.text.strip().splitlines() if line.strip()]
    stem = name.rpartition(".")[0]
    title, body = stem, lines
    if lines and len(lines[0]) <= 60 and not lines[0].endswith(("。", ";", "；")):
        title, body = lines[0], lines[1:]
    draft = draft_from({"title": title, "kind": "text", "body": "\n".join(body)})
    return replace(draft, faults=(*decoded.faults, *draft.faults))

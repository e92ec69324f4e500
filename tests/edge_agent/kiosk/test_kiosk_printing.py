"""Paper: nothing wider than the roll, no button without a printer, no endless roll."""

from __future__ import annotations

import asyncio
import io
import json
import re
import stat
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from kiosk_village import sample_notices

from contract.notice import Paragraph
from edge_agent.kiosk import sheet
from edge_agent.kiosk.lettering import typeface, wrapped
from edge_agent.kiosk.paper import _body
from edge_agent.kiosk.printing import (
    PAGES_AN_HOUR,
    WIDTHS_MM,
    CupsPrinter,
    FilePrinter,
    PrintDesk,
    PrintError,
    sizes_mm,
)
from edge_agent.kiosk.ruled import Ruled, strips_of
from edge_agent.settings import KioskSettings

if TYPE_CHECKING:
    from pathlib import Path

    from kiosk_village import Village

    from edge_agent.clock import ManualClock

SAMPLES = sample_notices()
LINES = [("office", "云岭县人民政府"), ("title", "关于二〇二四年第二季度农村低保对象的公示"),
         ("rule", ""), ("big", "朱福贵"), ("pair", "月保障金额(元)　1860"),
         ("text", "有异议请向村务监督委员会反映，电话 0872-0000388。" * 6),
         ("qr", "https://hub.example/q/N001")]  # fmt: skip


def _pdf(tmp_path: Path, paper: str, lines: list[tuple[str, str]]) -> Path:
    path = tmp_path / f"{paper}.pdf"
    first, *others = sheet.pages_of(lines, sheet.PAPERS[paper])
    first.save(path, "PDF", save_all=True, append_images=others,
               resolution=sheet.PAPERS[paper].dots_per_inch)  # fmt: skip
    return path


@pytest.mark.parametrize("paper", sheet.PAPERS)
def test_a_page_fits_its_paper_and_keeps_its_margins(tmp_path: Path, paper: str) -> None:
    pages = _pdf(tmp_path, paper, LINES)
    folder = tmp_path / "printer"
    folder.mkdir()
    FilePrinter(folder, paper).send(pages)
    assert len(list(folder.glob("*.pdf"))) == 1
    assert sizes_mm(pages)[0][0] <= WIDTHS_MM[paper]
    (picture,) = sheet.pages_of(LINES, sheet.PAPERS[paper])
    ink = picture.convert("L").point(lambda value: 255 - value).getbbox()
    assert ink is not None
    margin = sheet.PAPERS[paper].margin
    assert ink[0] >= margin - 2
    assert ink[2] <= picture.width - margin + 2


def test_paper_that_is_too_narrow_refuses_the_page(tmp_path: Path) -> None:
    (tmp_path / "printer").mkdir()
    for wide, narrow in (("80mm", "58mm"), ("A4", "80mm"), ("58mm", "A4")):
        with pytest.raises(PrintError):
            FilePrinter(tmp_path / "printer", narrow).send(_pdf(tmp_path, wide, LINES))
    assert list((tmp_path / "printer").iterdir()) == []


def test_a_long_notice_ends_with_a_word_and_not_with_the_roll() -> None:
    lines = [("text", "土地承包" * 60)] * 300
    (roll,) = sheet.pages_of(lines, sheet.PAPERS["80mm"])
    assert roll.height <= 6400 + 200
    sheets = sheet.pages_of(lines, sheet.PAPERS["A4"])
    assert len(sheets) == sheet.PAPERS["A4"].longest
    assert {each.size for each in sheets} == {(1240, 1754)}


HEAD = ["序号", "姓名", "金额（元）", "说明"]
NUMERIC = [True, False, True, False]


def _table(rows: int, columns: int = 4) -> tuple[str, str]:
    row = ["12", "阿依古丽·买买提", "1,240.00", "按季度发放，打入一卡通"] * (columns // 4)
    cells = [HEAD * (columns // 4), NUMERIC * (columns // 4), [row] * rows, [""] * columns]
    return ("table", json.dumps(cells))


def test_on_sheets_a_table_has_its_head_on_every_page_and_a_page_its_number() -> None:
    paper = sheet.PAPERS["A4"]
    pages = sheet.pages_of([("title", "公示"), _table(70)], paper)
    assert 2 <= len(pages) < paper.longest
    ruled = strips_of(Ruled.from_text(_table(70)[1]), paper.width, paper.margin)
    assert ruled is not None
    head, rows = ruled
    assert len(rows) == 71
    for page in pages[1:]:
        top = page.crop((0, paper.margin, paper.width, paper.margin + head.height))
        assert top.tobytes() == head.tobytes()
    for page in pages:
        foot = page.crop((0, paper.height - paper.margin, paper.width, paper.height))
        assert foot.convert("L").getextrema() == (0, 255)


def test_a_table_that_is_too_wide_for_a_sheet_becomes_label_and_value() -> None:
    assert strips_of(Ruled.from_text(_table(2, columns=16)[1]), 1240, 110) is None
    (page,) = sheet.pages_of([_table(2, columns=16)], sheet.PAPERS["A4"])
    ink = page.convert("L").point(lambda value: 255 - value).getbbox()
    assert ink is not None
    assert ink[2] <= 1240 - 110 + 2


@pytest.mark.parametrize(("is_roll", "styles"), [(True, {"rule", "pair", "text"}),
                                                 (False, {"table"})])  # fmt: skip
def test_a_roll_gets_label_and_value_and_a_sheet_a_table(
    is_roll: bool,  # noqa: FBT001 - the case
    styles: set[str],
) -> None:
    notice = replace(SAMPLES["N001"], summary="", blocks=SAMPLES["N001"].tables)
    lines = list(_body(notice, is_roll=is_roll))
    assert {style for style, _ in lines} == styles
    assert all(name in str(json.loads(lines[0][1]) if not is_roll else lines)
               for name in ("崔彩霞", "1240"))  # fmt: skip


def test_a_part_of_a_table_is_printed_without_the_sum_of_the_whole() -> None:
    table = SAMPLES["N001"].tables[0]
    total = ("合计", *("" for _ in table.columns[1:]))
    long = replace(table, rows=table.rows * 4, total=total)
    for is_roll in (True, False):
        lines = list(_body(replace(SAMPLES["N001"], blocks=(long,)), is_roll=is_roll))
        assert not any(json.dumps("合计") in text or "合计" in text for _, text in lines)
        assert lines[-1] == ("small", "共 120 行，只印前 100 行，请在屏幕上看。")


def test_a_number_is_not_torn_in_two() -> None:
    font = typeface(26)
    for room in range(180, 376, 7):
        lines = list(wrapped("村务监督委员会 覃少华 0872-0000388", font, room))
        assert any("0872-0000388" in line for line in lines)
    assert "".join(wrapped("x" * 99, font, 100)) == "x" * 99


def test_no_line_begins_with_a_closing_mark_or_ends_with_an_opening_one() -> None:
    font = typeface(26)
    text = "公示期为七天（含节假日）。《村民委员会组织法》第三十条规定：“村务公开，受监督。”完毕！"
    for room in range(130, 600, 3):
        lines = list(wrapped(text, font, room))
        assert "".join(lines) == text
        assert max(map(font.getlength, lines)) <= room
        assert not [line for line in lines if line[0] in "，。）》”：！、" or line[-1] in "（《“"]


def test_an_unplugged_printer_and_too_much_paper_are_told(
    tmp_path: Path, clock: ManualClock
) -> None:
    folder = tmp_path / "printer"
    desk = PrintDesk(KioskSettings(printer=f"file:{folder}"), clock, tmp_path)
    assert not desk.is_there
    with pytest.raises(PrintError, match="没有接收"):
        asyncio.run(desk.print([("text", "一")]))
    desk._recent_s = [clock.monotonic_s()] * PAGES_AN_HOUR
    with pytest.raises(PrintError, match="太多"):
        asyncio.run(desk.print([("text", "一")]))
    assert list(tmp_path.glob("print-*")) == []


def test_cups_is_asked_for_the_size_of_the_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """``lp`` and ``lpstat`` of the test write down how they were called."""
    for name in ("lp", "lpstat"):
        program = tmp_path / name
        program.write_text(f'#!/bin/sh\necho "$0 $*" >> {tmp_path}/calls\n[ "$2" != none ]\n')
        program.chmod(program.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    assert CupsPrinter("receipts", "80mm").is_there()
    assert not CupsPrinter("none", "80mm").is_there()
    CupsPrinter("receipts", "80mm").send(_pdf(tmp_path, "80mm", LINES))
    calls = (tmp_path / "calls").read_text()
    assert re.search(r"lp -s -d receipts -o media=Custom\.72x\d+mm -- ", calls)


def test_a_villager_prints_a_notice_her_row_and_her_slip(village: Village) -> None:
    folder = village.root / "paper"
    folder.mkdir()
    text = village.settings.read_text()
    village.settings.write_text(f'{text}printer = "file:{folder}"\npaper = "58mm"\n')
    (village.root / "state" / "kiosk" / "hub_feedback_key").write_bytes(b"\x09" * 32)
    long = replace(SAMPLES["N003"], blocks=(Paragraph("很长" * 400),))
    village.publish(SAMPLES["N001"], long)
    village.start()
    village.wait_for("N001", "N003")
    village.post("/say/question", [("form", "f9"), ("phrase", "0")])
    for path in ("/print/notice/N003", "/print/row/N001/0/3", "/print/slip/f9"):
        code, html, _ = village.post(path, [])
        assert (code, "正在打印" in html) == (200, True), path
    assert len(list(folder.iterdir())) == 3
    for path in ("/print/notice/N9", "/print/row/N001/0/99", "/print/slip/none"):
        assert village.post(path, [])[0] == 404
    assert "打印我的一行" in village.get("/notice/N001/row/0/3")[1]
    folder.rename(village.root / "away")
    code, html, _ = village.post("/print/notice/N003", [])
    assert (code, "没有印出来" in html) == (503, True)
    left = [path for path in (village.root / "run").rglob("*") if path.suffix == ".pdf"]
    assert left == []


def test_without_a_printer_there_is_no_button(open_village: Village) -> None:
    for path in ("/notice/N001", "/notice/N001/row/0/3"):
        assert "/print/" not in open_village.get(path)[1]
    assert open_village.post("/print/notice/N001", [])[0] == 503


def test_the_page_program_reads_lines_and_writes_a_pdf(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO('[["text", "\\u5b57"]]'))
    assert sheet.main(["--paper", "58mm", "--out", str(tmp_path / "x.pdf")]) == 0
    assert len(sizes_mm(tmp_path / "x.pdf")) == 1

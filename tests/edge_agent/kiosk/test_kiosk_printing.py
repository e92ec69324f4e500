"""Paper: nothing wider than the roll, no button without a printer, no endless roll."""

from __future__ import annotations

import asyncio
import io
import re
import stat
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from kiosk_village import sample_notices

from contract.notice import Paragraph
from edge_agent.kiosk import sheet
from edge_agent.kiosk.printing import (
    PAGES_AN_HOUR,
    WIDTHS_MM,
    CupsPrinter,
    FilePrinter,
    PrintDesk,
    PrintError,
    sizes_mm,
)
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


def test_a_number_is_not_torn_in_two() -> None:
    font = sheet.ImageFont.truetype(str(sheet.FONT), 26, index=sheet.FONT_INDEX)
    for room in range(180, 376, 7):
        wrapped = list(sheet._wrapped("村务监督委员会 覃少华 0872-0000388", font, room))
        assert any("0872-0000388" in line for line in wrapped)
    assert "".join(sheet._wrapped("x" * 99, font, 100)) == "x" * 99


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

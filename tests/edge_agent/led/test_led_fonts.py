"""Fonts: what there is, how wide it is, and the very pixels of Unifont's grid."""

from __future__ import annotations

import importlib
from pathlib import Path

import pytest
from fontTools.ttLib import TTFont

from edge_agent.led import draw, fonts
from edge_agent.led.cmap import FontUnreadableError, read_coverage

UNIFONT = Path("/usr/share/fonts/opentype/unifont/unifont.otf")
NOTO = Path("/usr/share/fonts/opentype/noto/NotoSansCJK-Bold.ttc")
RARE = "䶮㛃𬭎𫚭喆堃犇昇玥琇珺赟龑翀婳"


@pytest.mark.parametrize(("path", "index"), [(UNIFONT, 0), (NOTO, 7)])
def test_coverage_is_what_fonttools_reads(path: Path, index: int) -> None:
    coverage = read_coverage(path, index)
    known = TTFont(path, fontNumber=index).getBestCmap()
    wrong = [code for code in range(0x20, 0x30000) if (chr(code) in coverage) != (code in known)]
    assert wrong == []


def test_a_font_file_cut_short_is_an_error_that_says_what_to_do(tmp_path: Path) -> None:
    short = tmp_path / "short.otf"
    short.write_bytes(UNIFONT.read_bytes()[:40])
    with pytest.raises(FontUnreadableError, match="install the font package"):
        read_coverage(short)


def test_a_file_without_character_table_is_an_error(tmp_path: Path) -> None:
    empty = tmp_path / "none.otf"
    empty.write_bytes(b"OTTO" + bytes(8))
    with pytest.raises(FontUnreadableError, match="no cmap"):
        read_coverage(empty)


def test_unifont_is_drawn_dot_by_dot() -> None:
    rows = [
        "".join("#" if fonts.glyph_bitmap("口").getpixel((x, y)) else "." for x in range(16))
        for y in range(16)
    ]
    assert rows[2] == "..###########..."
    assert rows[3] == "..#.........#..."
    assert rows[0] == rows[15] == "." * 16
    assert {len(row) for row in rows} == {16}


def test_the_pixels_of_a_small_text_never_change() -> None:
    hashes = {char: draw.pixels_sha256(fonts.glyph_bitmap(char))[:12] for char in "村8g"}
    assert hashes == {"村": "ddc67c8ede30", "8": "e7fccf1241a6", "g": "97500ca2f520"}


@pytest.mark.parametrize("size_px", [16, 24, 32, 48, 64])
def test_rare_names_and_ordinary_signs_have_glyphs_in_every_size(size_px: int) -> None:
    text = RARE + "·—…℃㎡①→《》“”￥aZ9-"
    assert fonts.missing(text, size_px) == ()
    for char in text:
        glyph = fonts.glyph_bitmap(char, size_px)
        assert glyph.getbbox() is not None, char
        assert glyph.size == (fonts.width_px(char, size_px), size_px)
        assert glyph.mode == "1"


def test_ascii_takes_half_a_cell_and_what_gbk_writes_in_two_bytes_a_whole_one() -> None:
    assert fonts.width_px("a1-", 16) == 24
    assert fonts.width_px("·—…℃“", 16) == 5 * 16
    assert fonts.width_px("阿依古丽·买买提", 24) == 8 * 24


def test_a_character_no_font_has_is_reported_and_drawn_as_the_printers_mark() -> None:
    nobody = "\U000323b1"
    assert fonts.missing(f"姓{nobody}名{nobody}") == (nobody,)
    stand_in = fonts.glyph_bitmap(nobody)
    assert stand_in.getbbox() is not None
    assert draw.pixels_sha256(stand_in) == draw.pixels_sha256(fonts.glyph_bitmap("〓"))


def test_opening_quotes_lean_on_the_word_behind_them() -> None:
    left = fonts.glyph_bitmap("“", 16).getbbox()
    right = fonts.glyph_bitmap("”", 16).getbbox()
    assert left is not None
    assert right is not None
    assert left[0] >= right[0]


def test_without_unifont_the_error_names_the_package(monkeypatch: pytest.MonkeyPatch) -> None:
    gone = fonts.Face(Path("/nowhere/unifont.otf"), grid_px=16)
    monkeypatch.setattr(fonts, "_GRID", gone)
    fonts._face_for.cache_clear()
    with pytest.raises(fonts.FontMissingError, match="apt install fonts-unifont"):
        fonts.missing("口")
    fonts._face_for.cache_clear()


def test_drawing_needs_no_font_library_but_pillow() -> None:
    source = Path(importlib.import_module("edge_agent.led.fonts").__file__ or "")
    assert "fontTools" not in source.read_text(encoding="utf-8")

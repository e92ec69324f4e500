"""Pixels: on or off, the same every time, inverted and framed where a page says so."""

from __future__ import annotations

import io

import pytest
from PIL import Image

from edge_agent.led import draw
from edge_agent.led.panel import Area, Page, PanelSpec, Run
from edge_agent.led.pictures import PictureError, open_picture, to_panel_colours

MONO, DUAL, FULL = (PanelSpec(64, 32, colours) for colours in ("mono", "dual", "full"))
PAGE = Page(runs=(Run(0, 0, "停水"), Run(0, 16, "7月6日", colour="green")))
AREA = Area(0, 0, 64, 32, (PAGE,))


def levels(image: Image.Image) -> set[object]:
    return {colour for _, colour in image.convert("RGB").getcolors(99999) or []}


def test_the_picture_of_a_small_page_never_changes() -> None:
    assert draw.pixels_sha256(draw.draw_page(PAGE, AREA, MONO))[:16] == "fd4f2a2c58a0f859"


def test_a_mono_page_knows_on_and_off_only() -> None:
    image = draw.draw_page(PAGE, AREA, MONO)
    assert image.mode == "1"
    assert set(image.convert("L").tobytes()) == {0, 255}


@pytest.mark.parametrize("spec", [DUAL, FULL])
def test_colours_are_pure(spec: PanelSpec) -> None:
    assert levels(draw.draw_page(PAGE, AREA, spec)) == {(0, 0, 0), (255, 0, 0), (0, 255, 0)}


def test_mono_and_colour_light_the_same_dots() -> None:
    mono = draw.draw_page(PAGE, AREA, MONO)
    dual = draw.draw_page(PAGE, AREA, DUAL).convert("L").point(lambda level: 255 * (level > 0))
    assert mono.convert("L").tobytes() == dual.tobytes()


def test_an_inverted_page_is_lit_where_the_plain_one_was_dark() -> None:
    plain = draw.draw_page(PAGE, AREA, MONO).convert("L")
    turned = draw.draw_page(Page(runs=PAGE.runs, inverted=True), AREA, MONO).convert("L")
    assert all(a + b == 255 for a, b in zip(plain.tobytes(), turned.tobytes(), strict=True))


def test_an_inverted_run_is_a_plate_with_dark_letters() -> None:
    page = Page(runs=(Run(0, 0, "停", inverted=True),))
    image = draw.draw_page(page, AREA, MONO)
    assert image.getpixel((0, 15)) != 0
    assert image.getpixel((20, 0)) == 0


def test_the_hash_is_of_pixels_not_of_the_file() -> None:
    image = draw.draw_page(PAGE, AREA, MONO)
    again = Image.open(io.BytesIO(draw.png_bytes(image)))
    assert draw.pixels_sha256(again.convert("1")) == draw.pixels_sha256(image)
    assert draw.pixels_sha256(image.rotate(180)) != draw.pixels_sha256(image)


def test_a_film_holds_all_pages_one_under_another() -> None:
    film = draw.draw_pages([PAGE, PAGE, PAGE], AREA, MONO)
    assert film.size == (64, 96)


def test_a_picture_is_dithered_to_dots_on_mono_and_to_four_colours_on_dual() -> None:
    ramp = Image.linear_gradient("L").resize((64, 32))
    mono = draw.draw_page(Page(picture=ramp), AREA, MONO)
    lit = mono.convert("L").histogram()[255] / (64 * 32)
    assert 0.3 < lit < 0.7
    red = Image.new("RGB", (64, 32), (200, 30, 20))
    assert levels(to_panel_colours(red, "dual")) <= {
        (0, 0, 0), (255, 0, 0), (0, 255, 0), (255, 255, 0)
    }  # fmt: skip


def test_a_transparent_picture_lies_on_black_and_is_fitted_whole() -> None:
    clear = Image.new("RGBA", (300, 100), (255, 255, 255, 0))
    fitted = open_picture(draw.png_bytes(clear), 64, 32)
    assert fitted.size == (64, 21)
    assert fitted.getbbox() is None


@pytest.mark.parametrize("data", [b"", b"\x89PNG\r\n\x1a\n", b"GIF89a", b"<svg onload='x'/>"])
def test_broken_pictures_are_refused_in_one_way(data: bytes) -> None:
    with pytest.raises(PictureError, match="图片无法显示"):
        open_picture(data, 64, 32)


def test_a_picture_of_absurd_size_is_refused_before_it_is_unpacked() -> None:
    bomb = io.BytesIO()
    Image.new("1", (30_000, 20_000)).save(bomb, "PNG")
    with pytest.raises(PictureError):
        open_picture(bomb.getvalue(), 64, 32)

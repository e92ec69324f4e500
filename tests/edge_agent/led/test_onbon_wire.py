"""Frame marks, escapes and CRC of Onbon cards."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_agent.led.drivers.onbon_k import area, frame, program
from edge_agent.led.drivers.onbon_wire import (
    Splitter,
    crc16,
    escape,
    unescape,
    unwrap,
    wrap,
)
from edge_agent.led.panel import BadFrame


def test_the_crc_of_the_check_string_is_the_published_one() -> None:
    assert crc16(b"123456789") == 0xBB3D


@given(st.binary(max_size=300))
def test_whatever_is_wrapped_comes_out_of_the_wrapping(body: bytes) -> None:
    assert unescape(escape(body)) == body
    assert unwrap(wrap(body)) == body if body else True


@given(st.binary(max_size=300))
def test_no_mark_is_left_inside_a_wrapped_body(body: bytes) -> None:
    assert not set(escape(body)) & {0xA5, 0x5A}


@given(st.lists(st.binary(min_size=1, max_size=40), max_size=6), st.integers(1, 7))
def test_frames_are_found_however_the_bytes_are_cut(bodies: list[bytes], step: int) -> None:
    stream = b"".join(wrap(body) for body in bodies)
    splitter = Splitter()
    found = [
        unescape(escaped)
        for start in range(0, len(stream), step)
        for escaped in splitter.feed(stream[start : start + step])
    ]
    assert found == bodies


def test_a_new_head_in_mid_frame_starts_over() -> None:
    assert Splitter().feed(b"\xa5\x01\x02" + wrap(b"\x03")) == [b"\x03"]


def test_an_endless_frame_is_given_up() -> None:
    splitter = Splitter(limit=100)
    assert splitter.feed(b"\xa5" + b"\x01" * 101 + b"\x5a") == []
    assert splitter.feed(wrap(b"\x07")) == [b"\x07"]


@given(st.binary(max_size=60))
def test_any_bytes_are_a_frame_or_a_bad_frame(data: bytes) -> None:
    try:
        frame.unpack(data)
    except BadFrame as error:
        told = str(error)
    else:
        told = "sound"
    assert told


TEXT_AREAS = st.builds(
    area.TextArea,
    x_px=st.integers(0, 0x7FFF),
    y_px=st.integers(0, 0xFFFF),
    width_px=st.integers(0, 0x7FFF),
    height_px=st.integers(0, 0xFFFF),
    text=st.binary(max_size=80),
    location=st.integers(0, 255),
    run_mode=st.integers(0, 5),
    timeout_s=st.integers(0, 0xFFFF),
    line_spacing_px=st.integers(0, 255),
    align=st.integers(0, 15),
    single_line=st.booleans(),
    auto_wrap=st.booleans(),
    display_mode=st.integers(1, 6),
    speed=st.integers(0, 24),
    stay_half_s=st.integers(0, 255),
    extension=st.binary(max_size=10),
)


@given(TEXT_AREAS)
def test_an_area_block_is_read_back_as_it_was_written(text_area: area.TextArea) -> None:
    assert area.unpack_area(area.pack_area(text_area)) == text_area


@given(st.lists(TEXT_AREAS, min_size=1, max_size=4))
def test_a_program_is_read_back_as_it_was_written(areas: list[area.TextArea]) -> None:
    written = program.Program(tuple(areas), b"P042")
    assert program.unpack_program(program.pack_program(written)) == written


@given(TEXT_AREAS, st.integers(0, 200))
def test_a_cut_area_block_is_a_bad_frame(text_area: area.TextArea, keep: int) -> None:
    block = area.pack_area(text_area)
    if keep < len(block):
        with pytest.raises(BadFrame):
            area.unpack_area(block[:keep])


@given(st.binary(max_size=120), st.sampled_from([0, 1, 2]), st.binary(min_size=0, max_size=1))
def test_every_check_mode_survives_the_wire(data: bytes, mode: int, code: bytes) -> None:
    header = frame.Header(to=1, check_mode=mode, barcode=code * 16)
    sent = frame.Frame(header, b"\xa2\x00\x01\x00\x00" + data)
    assert frame.unpack(frame.pack(sent)) == sent

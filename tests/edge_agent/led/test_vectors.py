"""Frames that makers, their SDKs and other people's drivers really send, byte for byte."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from edge_agent.clock import ManualClock
from edge_agent.led.drivers import alpha_frame, cpower, jetfile2, registry
from edge_agent.led.drivers.onbon_6 import area as pixel_area
from edge_agent.led.drivers.onbon_6 import frame as frame_6
from edge_agent.led.drivers.onbon_k import area, command, frame, program
from edge_agent.led.drivers.onbon_wire import wrap
from edge_agent.led.emulators.card import Matrix
from edge_agent.led.emulators.onbon_6 import Onbon6Card
from edge_agent.led.panel import BadFrame

VECTORS = json.loads(
    (Path(__file__).parents[2] / "data" / "led_vectors.json").read_text(encoding="utf-8")
)
K_FRAMES = [bytes.fromhex(v["frame"]) for v in VECTORS["bxk_maker_doc"]] + [
    bytes.fromhex(v["frame"]) for v in VECTORS["bxk_java_maker"]
]
SIX_FRAMES = [bytes.fromhex(v["frame"]) for v in VECTORS["bx6q_java_maker_mit"]] + [
    bytes.fromhex(v[key])
    for name in ("bx6e_vendor_sdk_session", "bx6e_vendor_sdk_session_dualcolor")
    for v in VECTORS[name]
    for key in ("rx", "reply_accepted_by_sdk")
]
MULTI_AREA_PROGRAM = (
    "a5a5a5a5a5a5a5a501000080000000000000630277 00a10601000050303030010000650000000000"
    "0050303030 65000000ff000001ffffffffffffffff01000002270000000000800000808010 00ff00"
    "000000000000020203000a0a08000000bbb6d3adb9e2c1d9230000000000801000808010 00ff0000"
    "0000000000020203000a0a04000000313233348aecf74c5a"
).replace(" ", "")


def unheaded(wire: bytes) -> bytes:
    """Without its A5 marks: the maker sends eight of them in some places and nine in others."""
    return wire.lstrip(b"\xa5")


@pytest.mark.parametrize("wire", K_FRAMES, ids=lambda wire: wire[-6:].hex())
def test_the_makers_k_frames_are_read_and_written_back_unchanged(wire: bytes) -> None:
    assert registry.driver("onbon-k").decode(wire)["ok"]
    assert unheaded(frame.pack(frame.unpack(wire))) == unheaded(wire)


def test_the_makers_ping_clock_power_and_file_frames_are_what_we_build() -> None:
    at = datetime(2013, 1, 25, 11, 17, 26, tzinfo=UTC)
    ours = {
        frame.pack(frame.Frame(frame.Header(to=to), data))
        for to, data in (
            (1, command.ping()),
            (1, command.set_clock(at)),
            (1, command.format_flash()),
            (1, command.delete_special_area()),
            (frame.BROADCAST, command.power(on=True)),
            (frame.BROADCAST, command.power(on=False)),
            (frame.BROADCAST, command.begin_file(b"P000", 0x47)),
        )
    }
    assert len(ours & set(K_FRAMES)) == 7


def test_the_makers_dynamic_area_is_what_we_build() -> None:
    welcome = area.TextArea(
        0, 0, 128, 32, "欢迎光临".encode("gb2312"),
        location=0, timeout_s=10, auto_wrap=False, display_mode=area.STATIC,
    )  # fmt: skip
    built = frame.pack(frame.Frame(frame.Header(), command.dynamic_areas([welcome])))
    assert built == K_FRAMES[0]


def test_the_makers_program_file_is_what_we_build() -> None:
    file = frame.unpack(K_FRAMES[4]).data[18:]
    read = program.unpack_program(file)
    assert program.pack_program(read) == file
    assert read.areas[0].text == "欢迎光临Onbon".encode("gb2312")


def test_a_program_of_two_areas_is_read_area_by_area() -> None:
    told = registry.driver("onbon-k").decode(bytes.fromhex(MULTI_AREA_PROGRAM))
    texts = [each["text"] for each in told["program"]["areas"]]
    assert texts == ["欢迎光临", "1234"]


@pytest.mark.parametrize("vector", VECTORS["bxk_negative"], ids=lambda v: v["cmd"])
def test_the_makers_misprinted_frames_are_refused_with_a_reason(vector: dict[str, str]) -> None:
    with pytest.raises(BadFrame, match="announces"):
        registry.driver("onbon-k").decode(bytes.fromhex(vector["frame"]))


@pytest.mark.parametrize(
    "data",
    [bytes.fromhex("a10101000005005030303050303031"), bytes.fromhex("a3010100000306002200"),
     bytes.fromhex("a30201000002") + bytes(48), bytes.fromhex("a306010000ff00") + b"?"],
)  # fmt: skip
def test_a_sound_frame_whose_counts_do_not_fit_its_length_is_refused(data: bytes) -> None:
    with pytest.raises(BadFrame):
        registry.driver("onbon-k").decode(frame.pack(frame.Frame(frame.Header(), data)))


@pytest.mark.parametrize("position", range(8, 60, 3))
def test_one_flipped_bit_anywhere_spoils_a_k_frame(position: int) -> None:
    spoiled = bytearray(K_FRAMES[0])
    spoiled[position] ^= 0x10
    with pytest.raises(BadFrame):
        registry.driver("onbon-k").decode(bytes(spoiled))


@pytest.mark.parametrize("wire", SIX_FRAMES, ids=lambda wire: f"{len(wire)} bytes")
def test_frames_for_graphic_cards_are_read_and_written_back_unchanged(wire: bytes) -> None:
    assert registry.driver("onbon-6").decode(wire)["ok"]
    assert frame_6.pack(frame_6.unpack(wire)) == wire


def test_pixels_of_the_sdk_are_red_green_and_yellow_where_it_put_them() -> None:
    sent = bytes.fromhex(VECTORS["bx6e_vendor_sdk_session_dualcolor"][1]["rx"])
    (found,) = pixel_area.unpack_areas(frame_6.unpack(sent).body[3:])
    image = pixel_area.unpack_pixels(found.pages[0].pixels, found, "dual")
    points = [(9, 0), (9, 1), (9, 2), (5, 10), (6, 10), (40, 20), (41, 20)]
    red, green, yellow, dark = (255, 0, 0), (0, 255, 0), (255, 255, 0), (0, 0, 0)
    seen = [image.getpixel(point) for point in points]
    assert seen == [red, green, yellow, red, green, yellow, dark]
    assert pixel_area.pack_pixels(image, 0, "dual") == found.pages[0].pixels
    assert pixel_area.pack_area(found) == frame_6.unpack(sent).body[7:]


@pytest.mark.parametrize(
    ("session", "matrix"),
    [
        ("bx6e_vendor_sdk_session", Matrix(64, 32)),
        ("bx6e_vendor_sdk_session_dualcolor", Matrix(256, 64, "dual")),
    ],
)
def test_the_makers_own_sdk_gets_the_answers_it_accepted(session: str, matrix: Matrix) -> None:
    card = Onbon6Card(matrix, ManualClock(datetime(2026, 11, 22, tzinfo=UTC)))
    for exchange in VECTORS[session]:
        answer = card.receive(bytes.fromhex(exchange["rx"]))
        assert answer.hex() == exchange["reply_accepted_by_sdk"], exchange["name"]


@pytest.mark.parametrize("text", VECTORS["jetfile2"])
def test_recorded_jetfile_packets_are_read_and_written_back_unchanged(text: str) -> None:
    wire = bytes.fromhex(text)
    assert registry.driver("jetfile2").decode(wire)["ok"]
    assert jetfile2.pack(jetfile2.unpack(wire)) == wire


@pytest.mark.parametrize("name", list(VECTORS["alpha"]))
def test_alpha_packets_of_other_libraries_are_read(name: str) -> None:
    assert registry.driver("alpha").decode(bytes.fromhex(VECTORS["alpha"][name]))["ok"]


def test_alpha_packets_are_what_other_libraries_build() -> None:
    hello = alpha_frame.pack(b"AA\x1b\x26aHELLO")
    assert hello.hex() == VECTORS["alpha"]["packet_hello_checksum_alphasignpy"]
    dots = alpha_frame.small_dots(b"A", ["102", "030"])
    assert dots.hex() == VECTORS["alpha"]["payload_dots3x2_readerboard"]
    assert alpha_frame.pack(dots).hex() == VECTORS["alpha"]["dots3x2_alphasignpy"]


@pytest.mark.parametrize(
    ("protocol", "group"),
    [
        ("cpower", "cpower_derived_not_captured"),
        ("adalight", "adalight_derived"),
        ("tpm2", "tpm2_derived"),
    ],
)
def test_derived_frames_are_read(protocol: str, group: str) -> None:
    for vector in VECTORS[group]:
        assert registry.driver(protocol).decode(bytes.fromhex(vector["frame"]))["ok"]


def test_c_power_marks_inside_a_frame_are_escaped() -> None:
    sent = cpower.Command(cpower.TEXT, b"\x02\xa5\xaa\xae")
    wire = cpower.pack(sent)
    assert wire.count(b"\xae") == 1
    assert cpower.unpack(wire) == sent


def test_the_framer_gives_the_makers_bytes() -> None:
    for vector in VECTORS["framer_unit_maker_mit"]:
        raw = bytes.fromhex(vector["raw"])
        wrapped = bytes.fromhex(vector["wrapped"])
        assert wrap(raw) == wrapped

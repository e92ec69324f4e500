from __future__ import annotations

import asyncio
import io
import json
import math
import struct
import wave
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest
from aiohttp.test_utils import TestClient, TestServer

from edge_agent import settings as settings_module
from edge_agent.desk import sound
from edge_agent.desk.page import create_app
from edge_agent.desk.place import HornPlace, PanelPlace, Place, place_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from edge_agent.desk.control import DeskControl

OURS = {"X-Desk": "1"}


class Switchboard:
    """Switches that only remember how they stand."""

    def __init__(self) -> None:
        self.state: dict[str, dict[str, object]] = {}
        self.broken = False

    def _of(self, village: str) -> dict[str, object]:
        plain: dict[str, object] = {"powered": True, "network": "whole", "clock_skew_s": 0.0}
        return self.state.setdefault(village, plain)

    async def cut_network(self, village: str) -> None:
        self._of(village)["network"] = "cut"

    async def restore_network(self, village: str) -> None:
        self._of(village)["network"] = "whole"

    async def cut_power(self, village: str) -> None:
        self._of(village)["powered"] = False

    async def restore_power(self, village: str) -> None:
        self._of(village)["powered"] = True

    async def set_clock(self, village: str, skew_s: float) -> None:
        self._of(village)["clock_skew_s"] = skew_s

    async def heal(self, village: str) -> None:
        self.state.pop(village, None)

    async def status(self, village: str) -> dict[str, object]:
        if self.broken:
            raise OSError("no store")
        plain = {"village": "青石村", "time": "2024-07-05T20:00:00+08:00", "alerts": []}
        return {**plain, **self._of(village)}


def _place(folder: Path, name: str = "village-1") -> Place:
    panel = PanelPlace("main", folder / "card", 16, 8, "mono")
    return Place(
        name, "青石村", "http://127.0.0.1:9", (panel,), (HornPlace("all", folder / "all"),)
    )


@asynccontextmanager
async def _client(control: DeskControl, *places: Place) -> AsyncIterator[TestClient[Any, Any]]:
    app = create_app(control, places, "http://127.0.0.1:8000/")
    async with TestClient(TestServer(app, host="127.0.0.1")) as client:
        yield client


def _write_frame(folder: Path, matrix: bytes, brightness: float = 1.0) -> None:
    folder.mkdir(exist_ok=True)
    (folder / "state.json").write_text(json.dumps({"brightness": brightness}))
    (folder / "frame.bin").write_bytes(matrix)


def _write_sound(folder: Path, seconds: float, amplitude: int, *labels: tuple[int, str]) -> None:
    folder.mkdir(exist_ok=True)
    count = int(seconds * sound.RATE_HZ)
    samples = (int(amplitude * math.sin(n / 10)) for n in range(count))
    (folder / "0001.wav").write_bytes(
        bytes(sound.HEADER_BYTES) + b"".join(struct.pack("<h", each) for each in samples)
    )
    marks = [{"sample": at, "label": label, "at": "2024-07-05T04:00:00"} for at, label in labels]
    (folder / "0001.jsonl").write_text("\n".join(map(json.dumps, marks)) + '\n{"torn')


@pytest.mark.parametrize(
    ("switch", "key", "value"),
    [("cut_network", "network", "cut"), ("cut_power", "powered", False),
     ("restore_power", "powered", True), ("restore_network", "network", "whole")],
)  # fmt: skip
def test_each_switch_turns_one_thing_in_one_village(
    tmp_path: Path, switch: str, key: str, value: object
) -> None:
    async def story() -> None:
        board = Switchboard()
        async with _client(board, _place(tmp_path), _place(tmp_path, "village-2")) as client:
            answer = await client.post(f"/api/villages/village-2/{switch}", headers=OURS)
            assert (await answer.json())[key] == value
            assert "village-1" not in board.state

    asyncio.run(story())


def test_the_clock_is_set_wrong_and_everything_is_healed(tmp_path: Path) -> None:
    async def story() -> None:
        board = Switchboard()
        async with _client(board, _place(tmp_path)) as client:
            address = "/api/villages/village-1/set_clock"
            answer = await client.post(address, headers=OURS, json={"skew_s": -259200})
            assert (await answer.json())["clock_skew_s"] == -259200
            answer = await client.post("/api/villages/village-1/heal", headers=OURS)
            assert (await answer.json())["clock_skew_s"] == 0

    asyncio.run(story())


@pytest.mark.parametrize(
    "body", ["", "{}", '{"skew_s": "x"}', '{"skew_s": 1e12}', '{"skew_s": NaN}', "[]"]
)
def test_a_time_nobody_can_set_is_refused(tmp_path: Path, body: str) -> None:
    async def story() -> None:
        board = Switchboard()
        async with _client(board, _place(tmp_path)) as client:
            headers = {**OURS, "Content-Type": "application/json"}
            answer = await client.post(
                "/api/villages/village-1/set_clock", headers=headers, data=body
            )
            assert answer.status == 400
            assert board.state == {}

    asyncio.run(story())


@pytest.mark.parametrize(
    "headers",
    [{}, {"X-Desk": "0"}, {**OURS, "Origin": "https://evil.example"}, {**OURS, "Origin": "null"},
     {**OURS, "Host": "evil.example"}],
)  # fmt: skip
def test_a_foreign_page_turns_no_switch(tmp_path: Path, headers: dict[str, str]) -> None:
    async def story() -> None:
        board = Switchboard()
        async with _client(board, _place(tmp_path)) as client:
            answer = await client.post("/api/villages/village-1/cut_power", headers=headers)
            assert answer.status == 403
            assert board.state == {}

    asyncio.run(story())


def test_a_foreign_page_hears_nothing(tmp_path: Path) -> None:
    async def story() -> None:
        async with _client(Switchboard(), _place(tmp_path)) as client:
            with pytest.raises(aiohttp.WSServerHandshakeError):
                await client.ws_connect("/live", headers={"Origin": "https://evil.example"})

    asyncio.run(story())


@pytest.mark.parametrize("path", ["/api/villages/nowhere/heal", "/api/villages/village-1/explode"])
def test_unknown_villages_and_switches_are_named_so(tmp_path: Path, path: str) -> None:
    async def story() -> None:
        async with _client(Switchboard(), _place(tmp_path)) as client:
            assert (await client.post(path, headers=OURS)).status == 404

    asyncio.run(story())


def test_a_panels_picture_is_sent_once_and_again_only_when_it_changes(tmp_path: Path) -> None:
    async def story() -> None:
        matrix = bytes(range(16))
        _write_frame(tmp_path / "card", matrix, 0.5)
        async with (
            _client(Switchboard(), _place(tmp_path)) as client,
            client.ws_connect("/live") as socket,
        ):
            assert await _binary(socket) == bytes((0, 0, 128)) + matrix
            _write_frame(tmp_path / "card", matrix[::-1])
            assert await _binary(socket) == bytes((0, 0, 255)) + matrix[::-1]

    asyncio.run(story())


def test_the_page_is_told_how_each_village_stands(tmp_path: Path) -> None:
    async def story() -> None:
        places = (_place(tmp_path), _place(tmp_path, "village-2"))
        async with _client(Switchboard(), *places) as client, client.ws_connect("/live") as socket:
            told: dict[int, dict[str, Any]] = {}
            while len(told) < 2:
                message = json.loads(await socket.receive_str())
                if message["type"] == "status":
                    told[message["village"]] = message
            assert all(each["powered"] and each["screen"] is None for each in told.values())

    asyncio.run(story())


async def _binary(socket: aiohttp.ClientWebSocketResponse) -> bytes:
    async for message in socket:
        if message.type is aiohttp.WSMsgType.BINARY:
            return bytes(message.data)
    raise AssertionError("the desk hung up")


def test_a_box_whose_files_cannot_be_read_does_not_darken_the_page(tmp_path: Path) -> None:
    async def story() -> None:
        board = Switchboard()
        board.broken = True
        async with _client(board, _place(tmp_path)) as client:
            assert (await client.get("/")).status == 200
            assert "trouble" in await (await client.get("/api/villages/village-1")).json()

    asyncio.run(story())


def test_what_sounded_can_be_heard_again(tmp_path: Path) -> None:
    _write_sound(tmp_path / "all", 1.0, 8000, (0, "N1@1 warm-up"), (9600, "N1@1 speech"))
    heard = sound.passages(tmp_path / "all")
    assert [(p.label, p.start, p.end) for p in heard] == [("N1@1 speech", 9600, 48000)]

    async def story() -> None:
        async with _client(Switchboard(), _place(tmp_path)) as client:
            base = "/api/villages/village-1/sound"
            answer = await client.get(f"{base}/all/0001/9600-48000.wav")
            with wave.open(io.BytesIO(await answer.read())) as played:
                assert (played.getframerate(), played.getnframes()) == (48000, 38400)
            assert (await client.get(f"{base}/all/0009/0-9.wav")).status == 404
            assert (await client.get(f"{base}/none/0001/0-9.wav")).status == 404

    asyncio.run(story())


def test_the_meter_reads_the_last_tenth_of_a_second(tmp_path: Path) -> None:
    assert sound.level_db(tmp_path) == sound.FLOOR_DB
    _write_sound(tmp_path / "loud", 0.3, 16384)
    assert sound.level_db(tmp_path / "loud") == pytest.approx(-9.0, abs=0.3)
    _write_sound(tmp_path / "mute", 0.3, 0)
    assert sound.level_db(tmp_path / "mute") == sound.FLOOR_DB


def test_the_page_finds_a_village_by_its_settings(tmp_path: Path) -> None:
    (tmp_path / "agent.toml").write_text(
        f"""
[box]
id = "qs-01"
area = "530199001001"
village = "青石村"
state = "{tmp_path}/state"
run = "{tmp_path}/run"
[[panel]]
name = "main"
driver = "onbon-k"
line = "x"
width_px = 192
height_px = 64
[[zone]]
name = "village"
sink = "file"
[[zone]]
name = "far"
[kiosk]
port = 8099
""",
        encoding="utf-8",
    )
    place = place_of(settings_module.load(tmp_path / "agent.toml"), tmp_path)
    assert place.screen == "http://127.0.0.1:8099"
    assert place.panels[0].folder == tmp_path / "card" / "main"
    assert place.horns == (HornPlace("village", tmp_path / "state" / "audio" / "village"),)

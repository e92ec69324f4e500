"""The serial line, on a real pseudo-terminal and on a real TCP port."""

from __future__ import annotations

import os
import select
import socket
import tty
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from serial.tools.list_ports_common import ListPortInfo

from edge_agent.clock import ManualClock
from edge_agent.led.line import REPLACED_AFTER_S, SerialLine
from edge_agent.led.panel import LineLost

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class Terminal:
    """Both ends of a pseudo-terminal, reachable under a path."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.far, self.near = os.openpty()
        tty.setraw(self.near)
        path.unlink(missing_ok=True)
        path.symlink_to(os.ttyname(self.near))

    def read(self, count: int) -> bytes:
        """What the card gets; a pseudo-terminal hands bytes over in pieces."""
        got = b""
        while len(got) < count and select.select([self.far], [], [], 10.0)[0]:
            got += os.read(self.far, count - len(got))
        return got

    def unplug(self) -> None:
        self.path.unlink(missing_ok=True)
        os.close(self.near)
        os.close(self.far)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(datetime(2026, 7, 3, tzinfo=UTC))


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Terminal]:
    made = Terminal(tmp_path / "ttyPANEL0")
    yield made
    if made.path.is_symlink():
        made.unplug()


def test_bytes_arrive_as_they_were_sent(terminal: Terminal, clock: ManualClock) -> None:
    line = SerialLine(str(terminal.path), 9600, clock=clock)
    data = bytes(range(256))
    assert line.write(data)
    assert terminal.read(len(data)) == data
    line.close()


def test_writing_takes_the_time_that_the_baud_rate_needs(
    terminal: Terminal, clock: ManualClock
) -> None:
    line = SerialLine(str(terminal.path), 9600, clock=clock)
    line.write(bytes(960))
    assert clock.monotonic_s() == pytest.approx(1.0)
    line.baud = 57600
    line.write(bytes(576))
    assert clock.monotonic_s() == pytest.approx(1.1)


def test_a_long_write_is_cut_within_one_slice(terminal: Terminal, clock: ManualClock) -> None:
    line = SerialLine(str(terminal.path), 9600, clock=clock)
    assert not line.write(bytes(960), cut=lambda: clock.monotonic_s() >= 0.1)
    assert 0.1 <= clock.monotonic_s() <= 0.12
    assert len(os.read(terminal.far, 4096)) <= 120


def test_reading_waits_no_longer_than_it_was_told(terminal: Terminal, clock: ManualClock) -> None:
    line = SerialLine(str(terminal.path), 9600, clock=clock)
    assert line.read(2.0) == b""
    assert 2.0 <= clock.monotonic_s() < 2.1
    os.write(terminal.far, b"answer")
    assert line.read(2.0) == b"answer"


def test_old_bytes_can_be_thrown_away(terminal: Terminal, clock: ManualClock) -> None:
    line = SerialLine(str(terminal.path), 9600, clock=clock)
    line.open()
    os.write(terminal.far, b"stale")
    line.discard()
    assert line.read(0.1) == b""


def test_a_device_that_is_not_there_is_a_lost_line(tmp_path: Path, clock: ManualClock) -> None:
    line = SerialLine(str(tmp_path / "nothing"), 9600, clock=clock)
    with pytest.raises(LineLost, match="check plug"):
        line.open()


def test_an_unplugged_device_is_a_lost_line_and_opens_again_when_it_is_back(
    terminal: Terminal, clock: ManualClock
) -> None:
    line = SerialLine(str(terminal.path), 9600, clock=clock)
    line.write(b"before")
    terminal.unplug()
    with pytest.raises(LineLost):
        line.read(1.0)
    with pytest.raises(LineLost):
        line.write(b"nobody")
    back = Terminal(terminal.path)
    line.write(b"after")
    assert back.read(5) == b"after"
    back.unplug()


def test_a_device_that_comes_back_under_another_number_is_found_by_pattern(
    tmp_path: Path, terminal: Terminal, clock: ManualClock
) -> None:
    line = SerialLine(str(tmp_path / "ttyPANEL*"), 9600, clock=clock)
    line.write(b"before")
    terminal.unplug()
    with pytest.raises(LineLost):
        line.read(1.0)
    back = Terminal(tmp_path / "ttyPANEL1")
    line.write(b"after")
    assert back.read(5) == b"after"
    back.unplug()


def port(device: str, serial_number: str, vid: int = 0x1A86) -> ListPortInfo:
    """An adapter as the system lists it."""
    found = ListPortInfo(device)
    found.vid, found.pid, found.serial_number = vid, 0x7523, serial_number
    return found


def test_a_by_id_link_that_points_to_another_device_after_a_replug_is_followed(
    tmp_path: Path, terminal: Terminal, clock: ManualClock
) -> None:
    by_id = tmp_path / "usb-1a86_USB_Serial-if00-port0"
    by_id.symlink_to(terminal.path)
    line = SerialLine(str(by_id), 9600, clock=clock)
    line.write(b"before")
    terminal.unplug()
    with pytest.raises(LineLost):
        line.read(1.0)
    with pytest.raises(LineLost):
        line.open()
    back = Terminal(tmp_path / "ttyPANEL7")
    by_id.unlink()
    by_id.symlink_to(back.path)
    line.write(b"after")
    assert back.read(5) == b"after"
    back.unplug()


def test_an_adapter_named_by_its_numbers_is_found_under_any_path(
    tmp_path: Path, terminal: Terminal, clock: ManualClock
) -> None:
    ports = [port("/dev/nobody", "X9"), port(str(terminal.path), "A5069RR4")]
    line = SerialLine("usb:1A86:7523:A5069RR4", 9600, clock=clock, ports=lambda: ports)
    line.write(b"before")
    terminal.unplug()
    with pytest.raises(LineLost):
        line.read(1.0)
    ports.pop()
    with pytest.raises(LineLost, match="no USB adapter"):
        line.open()
    back = Terminal(tmp_path / "ttyPANEL3")
    ports.append(port(str(back.path), "A5069RR4"))
    line.write(b"after")
    assert back.read(5) == b"after"
    back.unplug()


def test_two_adapters_that_changed_places_are_told_apart(
    terminal: Terminal, clock: ManualClock
) -> None:
    ports = [port(str(terminal.path), "gate")]
    line = SerialLine(str(terminal.path), 9600, clock=clock, ports=lambda: ports)
    line.write(b"before")
    terminal.unplug()
    with pytest.raises(LineLost):
        line.read(1.0)
    stranger = Terminal(terminal.path)
    ports[:] = [port(str(terminal.path), "yard")]
    with pytest.raises(LineLost, match="another adapter"):
        line.open()
    stranger.unplug()
    back = Terminal(terminal.path)
    ports[:] = [port(str(terminal.path), "gate")]
    line.write(b"after")
    assert back.read(5) == b"after"
    back.unplug()


def test_an_adapter_that_a_technician_put_in_the_old_ones_place_is_taken_after_a_while(
    terminal: Terminal, clock: ManualClock
) -> None:
    ports = [port(str(terminal.path), "broken")]
    line = SerialLine(str(terminal.path), 9600, clock=clock, ports=lambda: ports)
    line.write(b"before")
    terminal.unplug()
    with pytest.raises(LineLost):
        line.read(1.0)
    back = Terminal(terminal.path)
    ports[:] = [port(str(terminal.path), "new")]
    clock.advance(REPLACED_AFTER_S + 1)
    line.write(b"after")
    assert back.read(5) == b"after"
    back.unplug()


def test_two_programs_cannot_hold_one_line(terminal: Terminal, clock: ManualClock) -> None:
    first = SerialLine(str(terminal.path), 9600, clock=clock)
    first.open()
    with pytest.raises(LineLost):
        SerialLine(str(terminal.path), 9600, clock=clock).open()
    first.close()
    first.close()


def test_a_serial_device_server_is_a_line_too(clock: ManualClock) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        line = SerialLine(f"socket://127.0.0.1:{server.getsockname()[1]}", 9600, clock=clock)
        line.open()
        peer, _ = server.accept()
        line.write(b"hello")
        assert peer.recv(100) == b"hello"
        peer.sendall(b"there")
        assert line.read(1.0) == b"there"
        peer.close()
        with pytest.raises(LineLost):
            line.read(1.0)
    line.close()

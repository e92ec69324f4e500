"""What an emulated K card does with files: begin, write block by block, delete, tell facts."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from edge_agent.led.drivers.onbon_k import frame as wire
from edge_agent.led.drivers.onbon_k.own_font import read_font
from edge_agent.led.drivers.onbon_k.program import unpack_program
from edge_agent.led.emulators.onbon_k_refusal import ACK, Refusal
from edge_agent.led.panel import BadFrame

if TYPE_CHECKING:
    from edge_agent.led.emulators.onbon_k import OnbonKCard

_FONTS = (b"E", b"O", b"K")


def begin_file(card: OnbonKCard, frame: wire.Frame) -> bytes:
    """Take the announcement of a file."""
    overwrite, name, length = struct.unpack_from("<B4sI", frame.data, 5)
    if name in card.flash.files and not overwrite:
        raise Refusal(wire.ERR_FILE_EXISTS)
    if length > card.flash.free_bytes() + len(card.flash.files.get(name, b"")):
        raise Refusal(wire.ERR_MEMORY)
    if name[:1] in _FONTS and not card.takes_fonts:
        raise Refusal(wire.ERR_FILE_TYPE)
    if name[:1] not in (b"P", b"C", b"T", b"O", b"E", b"K", b"L"):
        raise Refusal(wire.ERR_FILE_NAME)
    card.under_way = name, length, bytearray()
    card.flash_writes += 1
    return ACK


def write_block(card: OnbonKCard, frame: wire.Frame) -> bytes:
    """Take a block; the last one makes the file whole."""
    name, last, _number, length, offset = struct.unpack_from("<4sBHHI", frame.data, 5)
    block = frame.data[18:]
    if card.under_way is None or card.under_way[0] != name:
        raise Refusal(wire.ERR_DOWNLOAD, _block_answer(wire.ERR_DOWNLOAD, offset))
    _, announced, content = card.under_way
    if offset != len(content) or length != len(block):
        raise Refusal(wire.ERR_BLOCK, _block_answer(wire.ERR_BLOCK, len(content)))
    content += block
    if last:
        _finish_file(card, name, announced, bytes(content))
    return _block_answer(0, len(content))


def _finish_file(card: OnbonKCard, name: bytes, announced: int, content: bytes) -> None:
    card.under_way = None
    card.flash.files.pop(name, None)
    card.changes += 1
    try:
        if name[:1] in _FONTS:
            fits = read_font(content).name == name
        else:
            fits = len(unpack_program(content).areas) <= (10 if card.is_six else 8)
    except BadFrame as error:
        raise Refusal(wire.ERR_FILE_CRC, _block_answer(wire.ERR_FILE_CRC, 0)) from error
    if len(content) != announced or not fits:
        raise Refusal(wire.ERR_FILE_CRC, _block_answer(wire.ERR_FILE_CRC, 0))
    card.flash.files[name] = content
    card.cleared = False


def _block_answer(code: int, offset: int) -> bytes:
    return bytes([0xA1, 0x06, code, 0, 0]) + struct.pack("<I", offset)


def file_facts(card: OnbonKCard, frame: wire.Frame) -> bytes:
    """Tell length and CRC of a file."""
    name = frame.data[7:11]
    file = card.flash.files.get(name)
    if file is None:
        raise Refusal(wire.ERR_NO_FILE)
    body = struct.pack("<H4sI", 12, name, len(file)) + file[-2:]
    return bytes([0xA1, 0x8A, 0, 0, 0]) + body


def delete_files(card: OnbonKCard, frame: wire.Frame) -> bytes:
    """Delete files by name, or every program."""
    (count,) = struct.unpack_from("<H", frame.data, 5)
    programs = card.flash.programs()
    names = [frame.data[at : at + 4] for at in range(7, 7 + 4 * count, 4)] if count else programs
    if any(name not in card.flash.files for name in names):
        raise Refusal(wire.ERR_NO_FILE)
    for name in names:
        del card.flash.files[name]
    card.flash_writes += bool(names) or not count
    card.changes += 1
    return ACK

"""``village-agent stick FOLDER``: notices from a USB stick into the box, receipts out onto it.

Copies files by the names that the box's own areas and the lists on the stick give; link verifies
them like messages from the broker. Nothing on the stick is run, unpacked or followed.
"""

from __future__ import annotations

import json
import shutil
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from contract import codec, envelope, stick, topics, wire
from contract.errors import ContractError
from contract.manifest import SMALL_ASSET_BYTES, Manifest
from edge_agent import cli, settings
from edge_agent.poke import poke

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from contract.areas import Area
    from edge_agent.settings import Settings

WAIT_S, LOOK_EVERY_S = 120.0, 0.2
LARGEST_TOTAL_BYTES = 1024 * 1024 * 1024
DISK_FLOOR_BYTES = 100 * 1024 * 1024


def add_commands(parser: argparse.ArgumentParser) -> None:
    """Arguments of ``village-agent stick``."""
    cli.add_settings_argument(parser)
    parser.add_argument("folder", type=Path, metavar="FOLDER", help="where the stick is mounted")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Copy in, wait for link, copy out; 0 when link took it."""
    found = settings.load(arguments.settings)
    tray = found.part_folder("link") / "stick"
    copied = lay_in(found, arguments.folder, tray)
    poke(found.run, "link")
    report = _wait(tray / "done.json")
    if report is None:
        sys.stderr.write("link 没有答复,先启动终端 link does not answer: start the box first\n")
        return cli.FAILED
    written = lay_out(tray / "out", arguments.folder)
    sys.stdout.write(
        f"✓ 读入 {copied} 个文件 files in; {'有更新' if report['is_changed'] else '无变化'}; "
        f"写出 {report['events']} 条回执和留言 events out in {written} files\n"
    )
    return cli.DONE


def lay_in(found: Settings, root: Path, tray: Path) -> int:
    """Copy what this box could want from the stick into link's tray; returns how many files."""
    shutil.rmtree(tray, ignore_errors=True)
    room = min(LARGEST_TOTAL_BYTES, shutil.disk_usage(tray.parent).free - DISK_FLOOR_BYTES)
    count = 0
    for name, limit in _names(found, root):
        body = stick.read(root, name, limit)
        if body is not None and len(body) <= room:
            stick.write(tray / "in", name, body)
            room -= len(body)
            count += 1
    tray.mkdir(mode=0o700, parents=True, exist_ok=True)
    (tray / "ready").touch()
    return count


def _names(found: Settings, root: Path) -> Iterator[tuple[str, int]]:
    """Names and largest sizes of the files that this box could want."""
    small = stick.LARGEST_MESSAGE_BYTES
    for folder in (
        topics.KEYS,
        *(topics.box_down(found.box.id, each) for each in ("ack", "answer")),
    ):
        for name in stick.names(root, folder):
            yield f"{folder}/{name}", small
    for area in found.followed:
        yield topics.area_manifest(area), small
        yield from _content(area, root)


def _content(area: Area, root: Path) -> Iterator[tuple[str, int]]:
    """What the list of an area names. It is not verified yet: it only says what to copy."""
    body = stick.read(root, topics.area_manifest(area))
    try:
        content = wire.loads(envelope.parse(body or b"").content())
        manifest = codec.decode(Manifest, content)
        for item in manifest.items[: stick.MOST_FILES]:
            yield topics.area_blob(area, item.sha256), stick.LARGEST_MESSAGE_BYTES
        for asset in manifest.assets[: stick.MOST_FILES]:
            if asset.size_bytes > SMALL_ASSET_BYTES:
                yield stick.large_file(asset.sha256), stick.LARGEST_FILE_BYTES
            else:
                yield topics.area_blob(area, asset.sha256), SMALL_ASSET_BYTES
    except ContractError:
        return


def lay_out(outside: Path, root: Path) -> int:
    """Copy what link laid out onto the stick; returns how many files."""
    count = 0
    for path in sorted(outside.rglob("*")):
        if path.is_file():
            name = path.relative_to(outside / stick.FOLDER).as_posix()
            stick.write(root, name, path.read_bytes())
            count += 1
    return count


def _wait(done: Path) -> dict[str, object] | None:
    until_s = time.monotonic() + WAIT_S
    while time.monotonic() < until_s:
        if done.exists():
            found: dict[str, object] = json.loads(done.read_text(encoding="ascii"))
            return found
        time.sleep(LOOK_EVERY_S)
    return None

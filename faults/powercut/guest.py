"""The emulated machine: Debian with the box's store in it, and a data disk that logs its writes.

Needs root (a root file system is unpacked), mmdebstrap, mke2fs and qemu-system-x86_64. The root
file system is made once and kept on a shelf; packages come from the machine's own mirror.
"""

from __future__ import annotations

import os
import selectors
import shutil
import struct
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from faults.rows import RowFailed

if TYPE_CHECKING:
    from faults.powercut.day import Day

PROJECT = Path(__file__).resolve().parents[2]
SECTOR = 512
DATA_START, DATA_SECTORS = 2048, 48 * 2048
ACK_START, ACK_SECTORS = DATA_START + DATA_SECTORS, 2048
DISK_BYTES = (ACK_START + ACK_SECTORS) * SECTOR
PACKAGES = "linux-image-cloud-amd64,initramfs-tools,kmod,udev,python3"
MODULES = "virtio_blk virtio_pci ext4"
BOOT_WITHIN_S = 1200.0
DONE = b"WORKLOAD-DONE"
_LOG = "log-sector-size=512,log-super-update-interval=1"
_INIT = f"""#!/bin/sh
data=$(findfs LABEL=data)
mount -o noatime,commit=5 "$data" /data && cd /app && \
  python3 -m faults.powercut.workload /data "${{data%1}}2" /app/messages && echo {DONE.decode()}
sleep 600
"""


@dataclass(frozen=True, slots=True)
class Machine:
    """Its folder: kernel, root disk, data disk before the start, and the log of its writes."""

    folder: Path

    @property
    def base(self) -> Path:
        """The data disk before the workload."""
        return self.folder / "base.img"

    @property
    def log(self) -> Path:
        """Every write and flush of the data disk, as qemu's blklogwrites writes it."""
        return self.folder / "log.img"


def missing_tools() -> list[str]:
    """What this machine lacks; empty when a guest can be made here."""
    lacks = [
        each
        for each in ("mmdebstrap", "qemu-system-x86_64", "mke2fs", "losetup")
        if shutil.which(each) is None
    ]
    return lacks if os.geteuid() == 0 else [*lacks, "root"]


def make(folder: Path, shelf: Path, day: Day) -> Machine:
    """Unpack a root disk with the workload in it, and format the data disk."""
    folder.mkdir(parents=True)
    root = folder / "root"
    root.mkdir()
    _run("tar", "-xf", str(_root_file_system(shelf)), "-C", str(root), "--exclude=./dev/*")
    for name in ("contract", "edge_agent", "faults"):
        shutil.copytree(
            PROJECT / name,
            root / "app" / name,
            ignore=shutil.ignore_patterns("__pycache__", "*.png", "static"),
        )
    day.write(root / "app" / "messages")
    (root / "data").mkdir()
    (root / "init-workload").write_text(_INIT, encoding="ascii")
    (root / "init-workload").chmod(0o755)
    for name in ("vmlinuz", "initrd.img"):
        newest = max((root / "boot").glob(f"{name}-*"))
        shutil.copyfile(newest, folder / name)
    _run(
        "mke2fs",
        "-q",
        "-t",
        "ext4",
        "-L",
        "root",
        "-d",
        str(root),
        str(folder / "root.img"),
        "1500M",
    )
    shutil.rmtree(root)
    machine = Machine(folder)
    _make_data_disk(machine)
    return machine


def _root_file_system(shelf: Path) -> Path:
    tar = shelf / "powercut-root.tar"
    if tar.exists():
        return tar
    shelf.mkdir(parents=True, exist_ok=True)
    modules = "\\n".join(MODULES.split())
    hook = (
        f'printf "{modules}\\n" >> "$1"/etc/initramfs-tools/modules; '
        'chroot "$1" update-initramfs -u'
    )
    part = tar.with_suffix(".part.tar")
    _run(
        "mmdebstrap",
        "--mode=root",
        "--variant=minbase",
        f"--include={PACKAGES}",
        f"--customize-hook={hook}",
        "bookworm",
        str(part),
        *_mirror(),
    )
    part.replace(tar)
    return tar


def _mirror() -> list[str]:
    """The machine's own Debian mirror, if its sources are in the new form."""
    for path in sorted(Path("/etc/apt/sources.list.d").glob("*.sources")):
        for line in path.read_text(encoding="utf-8").splitlines():
            if line.startswith("URIs:") and line.rstrip("/").endswith("/debian"):
                return [line.split()[1]]
    return []


def _make_data_disk(machine: Machine) -> None:
    """One disk with two partitions: the box's files, and a sector for acknowledgements."""
    part = machine.folder / "part.img"
    _run("mke2fs", "-q", "-t", "ext4", "-L", "data", str(part), f"{DATA_SECTORS * SECTOR // 1024}k")
    with machine.base.open("wb") as disk:
        disk.truncate(DISK_BYTES)
        disk.write(_partition_table())
        disk.seek(DATA_START * SECTOR)
        disk.write(part.read_bytes())
    part.unlink()
    shutil.copyfile(machine.base, machine.folder / "data.img")
    with machine.log.open("wb") as log:
        log.truncate(2 * 1024**3)  # sparse


def _partition_table() -> bytes:
    """A master boot record: two Linux partitions, no cylinders."""
    table = bytearray(SECTOR)
    for number, (start, count) in enumerate(((DATA_START, DATA_SECTORS), (ACK_START, ACK_SECTORS))):
        entry = struct.pack("<B3sB3sII", 0, b"\xfe\xff\xff", 0x83, b"\xfe\xff\xff", start, count)
        table[446 + 16 * number : 462 + 16 * number] = entry
    table[510:] = b"\x55\xaa"
    return bytes(table)


def run(machine: Machine) -> float:
    """Boot, let the workload run to its end, pull the plug; seconds that took.

    Raises:
        RowFailed: the workload did not come to its end.
    """
    started_s = time.monotonic()
    process = subprocess.Popen(
        _command(machine.folder),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    try:
        said = _listen(process, started_s + BOOT_WITHIN_S)
    finally:
        process.kill()
        process.wait()
    if DONE not in said:
        raise RowFailed(f"the guest did not finish: {said[-300:].decode(errors='replace')}")
    return time.monotonic() - started_s


def _command(folder: Path) -> list[str]:
    return [
        *("qemu-system-x86_64", "-m", "512", "-smp", "1", "-nographic", "-no-reboot"),
        *("-accel", "tcg,thread=multi", "-cpu", "max", "-nic", "none"),
        *("-kernel", str(folder / "vmlinuz"), "-initrd", str(folder / "initrd.img")),
        *(
            "-append",
            "root=LABEL=root rootfstype=ext4 rw console=ttyS0 quiet panic=1 init=/init-workload",
        ),
        *("-drive", f"file={folder / 'root.img'},format=raw,if=virtio,snapshot=on"),
        *("-blockdev", f"driver=file,filename={folder / 'data.img'},node-name=f0"),
        *("-blockdev", "driver=raw,file=f0,node-name=r0"),
        *("-blockdev", f"driver=file,filename={folder / 'log.img'},node-name=l0"),
        *("-blockdev", "driver=raw,file=l0,node-name=l1"),
        *("-blockdev", f"driver=blklogwrites,node-name=logged,file=r0,log=l1,{_LOG}"),
        *("-device", "virtio-blk-pci,drive=logged,write-cache=on"),
    ]


def _listen(process: subprocess.Popen[bytes], until_s: float) -> bytes:
    said = b""
    if process.stdout is None:
        return said
    with selectors.DefaultSelector() as ready:
        ready.register(process.stdout, selectors.EVENT_READ)
        while DONE not in said and time.monotonic() < until_s:
            if ready.select(1.0):
                data = os.read(process.stdout.fileno(), 65_536)
                if not data:
                    break
                said += data
    return said


def _run(*command: str) -> None:
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    if done.returncode != 0:
        raise RowFailed(f"{command[0]}: {done.stderr.strip()[-300:]}")

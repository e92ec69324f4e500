"""The USB stick: the same signed bytes as over MQTT, one file a topic, both ways.

A stick may come from anybody. So nothing is unpacked: a file is opened by a name that we build,
through folders that are no links, and read only if it is a plain file of a bounded size. What
goes down is sealed by the hub anyway; what goes up is signed by the box with the key of its
certificate, because a stick has no broker that knows who speaks.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import re
import stat
from typing import TYPE_CHECKING

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from contract import topics, wire
from contract.errors import ContractError, RefusalReason, SignatureError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FOLDER = "village-notice"
LARGEST_FILE_BYTES = 32 * 1024 * 1024
LARGEST_MESSAGE_BYTES = 512 * 1024
MOST_FILES = 10_000
_CONTEXT = b"vn1 events on a stick "
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@-]{0,99}", re.ASCII)


def large_file(sha256: str) -> str:
    """Where a file too large for MQTT lies on the stick."""
    return f"{topics.VERSION}/b/{sha256}"


def read(root: Path, name: str, limit: int = LARGEST_MESSAGE_BYTES) -> bytes | None:
    """The file ``name`` under ``root``, if it is a plain file of at most ``limit`` bytes.

    Links are not followed, nor are folders that are links; everything else is as if absent.
    """
    try:
        with _folder(root, name) as (folder, last):
            handle = os.open(last, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=folder)
            with os.fdopen(handle, "rb") as file:
                found = os.fstat(handle)
                if not stat.S_ISREG(found.st_mode) or found.st_size > limit:
                    return None
                body = file.read(limit + 1)
                return body if len(body) <= limit else None
    except OSError:
        return None


def names(root: Path, folder: str) -> list[str]:
    """Names in a folder that could be ours, sorted; ten thousand at most."""
    found: list[str] = []
    with (
        contextlib.suppress(OSError),
        _folder(root, f"{folder}/x") as (handle, _),
        os.scandir(handle) as entries,
    ):
        some = [entry.name for entry in itertools.islice(entries, MOST_FILES)]
        found = [name for name in some if _NAME.fullmatch(name) is not None]
    return sorted(found)


def write(root: Path, name: str, body: bytes) -> None:
    """Write a file under ``root``: whole, on the medium when this returns, or not there.

    Raises:
        OSError: no room, or a link stands where a folder should.
    """
    with _folder(root, name, make=True) as (folder, last):
        draft = f".{last}.part"
        with contextlib.suppress(FileNotFoundError):
            os.unlink(draft, dir_fd=folder)
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
        with os.fdopen(os.open(draft, flags, 0o600, dir_fd=folder), "wb") as file:
            file.write(body)
            file.flush()
            os.fsync(file.fileno())
        os.replace(draft, last, src_dir_fd=folder, dst_dir_fd=folder)
        os.fsync(folder)


@contextlib.contextmanager
def _folder(root: Path, name: str, *, make: bool = False) -> Iterator[tuple[int, str]]:
    """Open the folder of ``name`` step by step, so that no step can be a link."""
    *steps, last = name.split("/")
    if not all(_NAME.fullmatch(each) for each in (*steps, last)):
        raise OSError(f"not a name on a stick: {name[:80]!r}")
    flags = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW
    if make:
        root.mkdir(parents=True, exist_ok=True)
    handle = os.open(root, os.O_RDONLY | os.O_DIRECTORY)
    try:
        for step in (FOLDER, *steps):
            if make:
                with contextlib.suppress(FileExistsError):
                    os.mkdir(step, 0o700, dir_fd=handle)
            inner = os.open(step, flags, dir_fd=handle)
            os.close(handle)
            handle = inner
        yield handle, last
    finally:
        os.close(handle)


def seal_events(batch: bytes, key: ec.EllipticCurvePrivateKey) -> bytes:
    """A batch of events as it lies on the stick: its bytes and the box's signature."""
    signature = key.sign(_CONTEXT + batch, ec.ECDSA(hashes.SHA256()))
    return wire.dumps({"v": 1, "p": wire.to_base64(batch), "g": wire.to_base64(signature)})


def open_events(data: bytes, key: ec.EllipticCurvePublicKey) -> bytes:
    """The batch's bytes, if the box with this certificate's key signed them.

    Raises:
        ContractError: not such a file; SignatureError: another hand signed it.
    """
    outer = wire.loads(data, max_bytes=LARGEST_MESSAGE_BYTES)
    payload, signature = outer.get("p"), outer.get("g")
    if outer.get("v") != 1 or not isinstance(payload, str) or not isinstance(signature, str):
        raise ContractError("not a batch on a stick")
    batch = wire.from_base64(payload, what="the batch")
    value = wire.from_base64(signature, what="the signature")
    try:
        key.verify(value, _CONTEXT + batch, ec.ECDSA(hashes.SHA256()))
    except InvalidSignature as error:
        raise SignatureError("another hand signed this", RefusalReason.BAD_SIGNATURE) from error
    return batch

"""The key set this box believes, in a file: pinned at enrolment, moved on by the roots only."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from contract import codec, envelope, wire
from contract.errors import ContractError
from contract.keys import KeySet, Trust
from edge_agent.errors import SettingsError

if TYPE_CHECKING:
    from pathlib import Path

NAME = "keys"


class KeyFile:
    """``keys`` in link's folder: the sealed key set as the hub sent it.

    Raises:
        SettingsError: the file is missing or not a key set: the box was never enrolled.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / NAME
        try:
            self.sealed = self._path.read_bytes()
            self.trust = Trust(_opened(self.sealed))
        except (OSError, ContractError) as error:
            raise SettingsError(
                [f"终端未登记 no key set in {self._path} ({error}): run village-provision enrol"]
            ) from error

    @property
    def version(self) -> int:
        """The version of the key set in force."""
        return self.trust.keys.version

    def advance(self, sealed: bytes) -> bool:
        """Believe the next key set if its roots may say so; False when it is the present one.

        Raises:
            ContractError: older than ours, or not signed by enough old and new roots.
        """
        if sealed == self.sealed:
            return False
        trust = self.trust.advance(sealed)
        write_whole(self._path, sealed)
        self.sealed, self.trust = sealed, trust
        return True


def pin(folder: Path, sealed: bytes) -> None:
    """Write the first key set; enrolment calls this once, over a channel it trusts.

    Raises:
        ContractError: ``sealed`` is not a key set.
    """
    _opened(sealed)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    write_whole(folder / NAME, sealed)


def _opened(sealed: bytes) -> KeySet:
    """The key set inside; only for what is pinned, not for what came over the air."""
    opened = envelope.parse(sealed)
    if opened.type != "keys":
        raise ContractError(f"expected keys, got {opened.type[:20]!r}")
    return codec.decode(KeySet, wire.loads(opened.content()))


def write_whole(path: Path, sealed: bytes) -> None:
    """Write a file that only its owner reads: whole on the disk when this returns, or not there."""
    draft = path.with_suffix(".part")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(sealed)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)

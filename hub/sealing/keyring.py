"""The hub's signing keys: made once, kept as files that only their owner can read.

Three roots lie apart in ``keys/offline`` (on a real county they go to a safe; two of three
sign a key set). ``target`` and ``content`` sign manifests and notices. Every person who may
release an emergency has a key of their own, named after the account. The file ``algorithm``
says what new keys are made with; a key that is there says by its form what it is.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from contract.algorithms import ALGORITHMS, ED25519
from contract.errors import ContractError, VillageError
from contract.keys import KeySet, PrivateKey, PublicKey, seal_keys
from hub.broker.files import write_whole

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from contract.keys import Role

ROOTS = ("root-1", "root-2", "root-3")
_ALGORITHM = "algorithm"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,79}", re.ASCII)


class KeyFileError(VillageError, OSError):
    """A key file is missing, damaged, or readable by others."""


@dataclass(frozen=True, slots=True)
class Keyring:
    """The keys under one folder. ``area`` is the division code they may sign for."""

    folder: Path
    area: str
    areas: Callable[[], Mapping[str, str]] = dict
    """Division code of an officer's post, by account: a town's officer signs for that town.
    Asked for key sets alone: who signs with a key that is there need not know."""
    delegated: Callable[[], tuple[PublicKey, ...]] = tuple
    """Public halves of hubs above that are to stand in the key set, too."""

    def root(self, name: str) -> PrivateKey:
        """One of the three roots, from the folder that is to be moved to a safe.

        Raises:
            KeyFileError: the roots are in their safe; a new one would be no root of any box.
        """
        path = self.folder / "offline" / name
        if not path.exists() and (self.folder / "target").exists():
            raise KeyFileError(
                f"根密钥不在本机,请从保险柜取来 / the roots are in their safe, bring them: {name}"
            )
        return self._key(path)

    @property
    def algorithm(self) -> str:
        """What new keys are made with; Ed25519 unless the county chose.

        Raises:
            KeyFileError: the file names none that we have.
        """
        try:
            found = (self.folder / _ALGORITHM).read_text(encoding="ascii").strip()
        except FileNotFoundError:
            return ED25519
        if found not in ALGORITHMS:
            raise KeyFileError(f"不认识的算法 / no such algorithm: {found[:20]!r}")
        return found

    def choose(self, algorithm: str) -> None:
        """New keys are made with this algorithm from now on; present ones stay as they are."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_whole(self.folder / _ALGORITHM, f"{algorithm}\n")

    @property
    def target(self) -> PrivateKey:
        """Signs manifests, times and answers."""
        return self._key(self.folder / "target")

    @property
    def content(self) -> PrivateKey:
        """Signs reviewed notices."""
        return self._key(self.folder / "content")

    def emergency(self, username: str) -> PrivateKey:
        """The key of one person who composes or releases emergencies.

        Raises:
            KeyFileError: the account's name cannot stand in a file name.
        """
        if username in ("target", "content"):
            raise KeyFileError(f"账号名不能是 {username} / not a name for an officer's key")
        return self._key(self.path_of(username))

    def key_set(self, persons: tuple[str, ...], version: int = 1) -> KeySet:
        """All public halves with their roles; ``persons`` may sign emergencies."""
        keys = [self.root(name).public("root", holder=name) for name in ROOTS]
        return KeySet(version=version, keys=(*keys, *self.working_keys(persons)))

    def working_keys(self, persons: tuple[str, ...]) -> tuple[PublicKey, ...]:
        """Public halves of all but the roots."""
        keys = [self._public(self.target, "target", "target")]
        keys.append(self._public(self.content, "content", "content"))
        keys += [self._public(self.emergency(name), "emergency", name) for name in persons]
        own = {key.key_id for key in keys}
        return (*keys, *(key for key in self.delegated() if key.key_id not in own))

    def path_of(self, holder: str) -> Path:
        """Where the key of ``target``, ``content`` or an officer lies.

        Raises:
            KeyFileError: the name cannot stand in a file name.
        """
        if holder in ("target", "content"):
            return self.folder / holder
        if _NAME.fullmatch(holder) is None:
            raise KeyFileError(
                f"账号名不能用作密钥文件名 / not a name for a key file: {holder[:40]!r}"
            )
        return self.folder / "emergency" / holder

    def prepare(self, holder: str) -> PublicKey:
        """A new key for a holder, laid beside the present one until its key set is published."""
        prepared = _next(self.path_of(holder))
        if prepared.exists() and self._key(prepared).algorithm != self.algorithm:
            prepared.unlink()  # made before the county chose another algorithm
        role: Role = "emergency" if holder not in ("target", "content") else holder  # type: ignore[assignment] # both are roles
        return self._public(self._key(prepared), role, holder)

    def held(self, holder: str) -> dict[str, PrivateKey]:
        """The present and, if there is one, the prepared key of a holder, by key id."""
        path = self.path_of(holder)
        found = [self._key(each) for each in (path, _next(path)) if each.exists()]
        return {key.key_id: key for key in found}

    def activate(self, holder: str, key_id: str) -> bool:
        """Put a prepared key in its place if it is the published one; the old one is erased."""
        prepared = _next(self.path_of(holder))
        if not prepared.exists() or self._key(prepared).key_id != key_id:
            return False
        prepared.replace(self.path_of(holder))
        return True

    def sealed_key_set(self, persons: tuple[str, ...], version: int = 1) -> bytes:
        """The key set signed by two roots, as boxes receive it."""
        return seal_keys(self.key_set(persons, version), [self.root(name) for name in ROOTS[:2]])

    def retire(self, holder: str, key_id: str) -> None:
        """Erase a revoked key, so that nobody lists it again; its holder gets a new one."""
        path = self.path_of(holder)
        if path.exists() and self._key(path).key_id == key_id:
            path.unlink()

    def _public(self, key: PrivateKey, role: Role, holder: str) -> PublicKey:
        area = self.areas().get(holder, self.area) if role == "emergency" else self.area
        return key.public(role, area=area, holder=holder)

    def _key(self, path: Path) -> PrivateKey:
        if not path.exists():
            return _make(path, self.algorithm)
        if path.stat().st_mode & 0o077:
            raise KeyFileError(
                f"密钥文件不得让他人读取，请执行 chmod 600 / readable by others: {path.name}"
            )
        try:
            return PrivateKey.from_bytes(path.read_bytes())
        except ContractError as error:
            raise KeyFileError(f"密钥文件已损坏 / damaged key file: {path.name}") from error


def _next(path: Path) -> Path:
    """The prepared key beside ``path``; no account's name begins with a dot."""
    return path.with_name(f".{path.name}.next")


def _make(path: Path, algorithm: str) -> PrivateKey:
    """A new key, written whole before it gets its name."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    key = PrivateKey.generate(algorithm)
    draft = path.with_name(f".{path.name}.new")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(key.to_bytes())
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(draft, path)
    except FileExistsError:
        return PrivateKey.from_bytes(path.read_bytes())
    finally:
        draft.unlink(missing_ok=True)
    return key

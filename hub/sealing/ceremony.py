"""Key ceremonies: a key set goes from proposal to publication by the hands of its root holders.

Three persons hold one root each, on a medium of their own; two of them sign. A proposal is an
envelope without signatures: the hub writes it, it is carried to each root, signed there on a
machine without a network (this file needs neither database nor hub), and carried back. The
hub publishes it only if every box that believes the present set will believe the next one.
"""

from __future__ import annotations

import base64
import os
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from contract import codec, envelope, wire
from contract.algorithms import ED25519
from contract.enrolment import fingerprint
from contract.errors import ContractError, VillageError
from contract.keys import KeySet, PrivateKey, PublicKey, Trust

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

ROOTS = 3


class CeremonyError(VillageError, ValueError):
    """A step of a key ceremony cannot be done; the message says what is missing."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """A key set on its way: its bytes are fixed, its signatures are being gathered."""

    sealed: envelope.Envelope
    keys: KeySet


def make_root(path: Path, holder: str, algorithm: str = ED25519) -> PublicKey:
    """A new root on the medium of its holder; its public half goes beside it as ``.pub``.

    Raises:
        CeremonyError: there is a key already.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    key = PrivateKey.generate(algorithm)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError as error:
        raise CeremonyError(f"{path.name} 已存在，不覆盖 / there is a key already") from error
    with os.fdopen(handle, "wb") as file:
        file.write(key.to_bytes())
        file.flush()
        os.fsync(file.fileno())
    public = key.public("root", holder=holder)
    path.with_name(f"{path.name}.pub").write_bytes(wire.dumps(codec.encode(public)))
    return public


def read_public(path: Path) -> PublicKey:
    """The public half that `make_root` wrote.

    Raises:
        CeremonyError: it is not one of a root.
    """
    try:
        found = codec.decode(PublicKey, wire.loads(path.read_bytes()))
    except ContractError as error:
        raise CeremonyError(f"{path.name}: 不是公钥文件 / no public key: {error}") from error
    if found.roles != ("root",) or found.area:
        raise CeremonyError(f"{path.name}: 不是根公钥 / not the public half of a root")
    return found


def read_signer(path: Path) -> envelope.Signer:
    """A private key from its holder's medium: 32 bytes (Ed25519) or PEM (SM2).

    Raises:
        CeremonyError: not a key, or readable by others.
    """
    if path.stat().st_mode & 0o077:
        raise CeremonyError(f"{path.name}: 他人可读，请执行 chmod 600 / readable by others")
    try:
        return PrivateKey.from_bytes(path.read_bytes())
    except ContractError as error:
        raise CeremonyError(f"{path.name}: 不是密钥文件 / not a key file") from error


def propose(keys: KeySet) -> bytes:
    """The bytes of a proposal.

    Raises:
        CeremonyError: not three roots, a threshold that is not two, or a key named twice.
    """
    roots = keys.with_role("root")
    if len(roots) != ROOTS or keys.root_threshold != 2:
        raise CeremonyError(f"要有三个根密钥，现有 {len(roots)} / three roots, two of them sign")
    ids = [key.key_id for key in keys.keys]
    if len(set(ids)) != len(ids):
        raise CeremonyError("同一密钥列了两次 / a key is listed twice")
    return envelope.draft("keys", wire.dumps(codec.encode(keys))).to_bytes()


def first_set(roots: Iterable[PublicKey], working: Iterable[PublicKey]) -> KeySet:
    """The first key set of a county."""
    return KeySet(1, (*roots, *working))


def with_key(present: KeySet, holder: str, key: PublicKey) -> KeySet:
    """The next set, in which a holder has this key and no other."""
    others = tuple(each for each in present.keys if each.holder != holder)
    return replace(present, version=present.version + 1, keys=(*others, key))


def with_roots(present: KeySet, roots: Iterable[PublicKey]) -> KeySet:
    """The next set with new roots; the old ones sign it too."""
    others = tuple(each for each in present.keys if "root" not in each.roles)
    return replace(present, version=present.version + 1, keys=(*roots, *others))


def without(present: KeySet, whom: str) -> KeySet:
    """The next set without a key, named by its id or its holder: revoked.

    Raises:
        CeremonyError: nobody of that name, or a root (it is replaced, not left out).
    """
    gone = [each for each in present.keys if whom in (each.key_id, each.holder)]
    if not gone:
        raise CeremonyError(f"没有这个密钥 / no such key: {whom[:40]}")
    if any("root" in each.roles for each in gone):
        raise CeremonyError("根密钥只能更换，请用 keys rotate roots / a root is replaced")
    kept = tuple(each for each in present.keys if each not in gone)
    return replace(present, version=present.version + 1, keys=kept)


def read_proposal(data: bytes) -> Proposal:
    """Open a proposal, signed or not.

    Raises:
        CeremonyError: it is not one.
    """
    try:
        sealed = envelope.parse_draft(data)
        if sealed.type != "keys":
            raise CeremonyError("不是密钥集 / not a key set")
        return Proposal(sealed, codec.decode(KeySet, wire.loads(sealed.content())))
    except ContractError as error:
        raise CeremonyError(f"不是密钥集 / not a key set: {error}") from error


def sign(data: bytes, signer: envelope.Signer) -> bytes:
    """The proposal with one signature more."""
    return read_proposal(data).sealed.signed_by(signer).to_bytes()


def check(data: bytes, present: Trust | None) -> Trust:
    """What a box believes after this set, if it believes ``present`` now.

    Raises:
        CeremonyError: not enough roots have signed, or the set is not newer.
    """
    try:
        return Trust.first(data) if present is None else present.advance(data)
    except ContractError as error:
        raise CeremonyError(f"还不能发布 / not yet: {error}") from error


def lines(proposal: Proposal, present: KeySet | None = None) -> list[str]:
    """What a root holder reads before signing: every key, and what changes."""
    known = {key.key_id for key in present.keys} if present else set()
    signed = {each.key_id for each in proposal.sealed.signatures}
    found = [
        f"密钥集 key set {proposal.keys.version}，根指纹 roots {fingerprint(proposal.keys)}",
    ]
    for key in proposal.keys.keys:
        marks = ("+" if present and key.key_id not in known else " ") + (
            "✓" if key.key_id in signed else " "
        )
        found.append(f"{marks} {key.key_id} {'/'.join(key.roles):9} {key.area or '—':12} "
                     f"{key.algorithm:7} {key.holder}")  # fmt: skip
    listed = {key.key_id for key in proposal.keys.keys}
    gone = [key for key in present.keys if key.key_id not in listed] if present else []
    found += [f"−  {key.key_id} {'/'.join(key.roles):9} {key.holder}" for key in gone]
    return found


def public_bytes(key: PublicKey) -> bytes:
    """The raw public half."""
    return base64.b64decode(key.public_b64)

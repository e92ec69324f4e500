"""Keys and their roles, and what a box believes.

Roles: *root* (offline, 2 of 3, signs key sets), *target* (who gets what: manifests, time),
*content* (this text was reviewed: notices), *emergency* (alerts; two persons at town level
and above). A key signs only inside its area. The key set is versioned: version N+1 is signed
by enough roots of N and of N+1, so that a box walks the chain and an old set cannot return.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from contract import algorithms, codec, envelope, wire
from contract.algorithms import ALGORITHMS, ED25519
from contract.areas import Area
from contract.errors import ContractError, RefusalReason, SignatureError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from contract.envelope import Envelope

Role = Literal["root", "target", "content", "emergency"]
ROLE_OF_TYPE: dict[str, Role] = {
    "manifest": "target", "time": "target", "answer": "target", "ticket": "target",
    "hub": "target", "delta": "target", "ack": "target",
    "notice": "content", "alert": "emergency", "keys": "root", "live": "content",
}  # fmt: skip
ALSO_OF_TYPE: dict[str, Role] = {"live": "target"}
"""Live speech comes without a manifest, so the key that says who gets what signs it, too."""
EMERGENCY_THRESHOLD = 2


@dataclass(frozen=True, slots=True)
class PublicKey:
    """The public half of a key, who holds it, what it may sign and where."""

    key_id: str
    public_b64: str
    roles: tuple[Role, ...]
    area: str = ""
    """Division code inside which it may sign; empty: everywhere (roots only)."""
    holder: str = ""
    algorithm: str = ED25519


@dataclass(frozen=True, slots=True)
class KeySet:
    """All keys in force. A key that is absent is revoked."""

    version: int
    keys: tuple[PublicKey, ...]
    root_threshold: int = 2
    requires: tuple[str, ...] = ()

    def with_role(self, role: Role) -> dict[str, PublicKey]:
        """Keys that hold ``role``, by key id."""
        return {key.key_id: key for key in self.keys if role in key.roles}


class PrivateKey:
    """A private key that can sign, of any algorithm; the id is derived from the public half.

    Raises:
        ContractError: the secret is no key; Sm2Error: OpenSSL cannot read it.
    """

    def __init__(self, secret: bytes) -> None:
        self.algorithm = algorithms.of_secret(secret)
        self._secret = secret
        self._public = ALGORITHMS[self.algorithm].public(secret)

    @classmethod
    def generate(cls, algorithm: str = ED25519) -> PrivateKey:
        """A new key from the operating system's randomness."""
        return cls(ALGORITHMS[algorithm].generate())

    @classmethod
    def from_bytes(cls, secret: bytes) -> PrivateKey:
        """From its secret bytes, 32 (Ed25519) or a PEM text (SM2)."""
        return cls(secret)

    def to_bytes(self) -> bytes:
        """The secret bytes, for a file that only its owner can read."""
        return self._secret

    @property
    def key_id(self) -> str:
        """First 16 hex digits of the SHA-256 of the public key."""
        return hashlib.sha256(self._public).hexdigest()[:16]

    def sign(self, message: bytes) -> bytes:
        """The signature over ``message``."""
        return ALGORITHMS[self.algorithm].sign(self._secret, message)

    def public(self, *roles: Role, area: str = "", holder: str = "") -> PublicKey:
        """The public half with its roles."""
        text = wire.to_base64(self._public)
        return PublicKey(self.key_id, text, roles, area, holder, self.algorithm)


def seal_keys(keys: KeySet, signers: Iterable[envelope.Signer]) -> bytes:
    """The key set in its envelope, signed by roots."""
    return envelope.seal("keys", wire.dumps(codec.encode(keys)), signers)


class Trust:
    """What a box believes: the key set in force. Immutable; `advance` returns the next one."""

    def __init__(self, keys: KeySet) -> None:
        self.keys = keys

    @classmethod
    def first(cls, data: bytes) -> Trust:
        """Trust in a key set that comes by a road one trusts; it must be signed by its own roots.

        Raises:
            SignatureError: not enough of its roots signed it; ContractError: not a key set.
        """
        sealed = _opened_keys(data)
        keys = codec.decode(KeySet, wire.loads(sealed.content()))
        trust = cls(keys)
        trust._need(sealed, keys.with_role("root"), keys.root_threshold)
        return trust

    def advance(self, data: bytes) -> Trust:
        """Trust after the next key set, if it is newer and signed by enough old and new roots.

        Raises:
            SignatureError: not enough roots signed it; ContractError: it is not newer.
        """
        sealed = _opened_keys(data)
        self._need(sealed, self.keys.with_role("root"), self.keys.root_threshold)
        following = codec.decode(KeySet, wire.loads(sealed.content()))
        if following.version <= self.keys.version:
            raise ContractError("this key set is not newer", RefusalReason.ROLLED_BACK)
        self._need(sealed, following.with_role("root"), following.root_threshold)
        return Trust(following)

    def verify(self, sealed: Envelope, areas: Iterable[Area] = ()) -> None:
        """Check role, area and number of signatures; call again with areas once they are known.

        Raises:
            SignatureError: with the reason that the receipt will carry.
        """
        role = ROLE_OF_TYPE.get(sealed.type)
        if role is None:
            raise ContractError(f"unknown envelope type {sealed.type[:20]!r}")
        wanted = tuple(areas)
        self._verify_role(sealed, role, wanted)
        if sealed.type in ALSO_OF_TYPE:
            self._verify_role(sealed, ALSO_OF_TYPE[sealed.type], wanted)

    def _verify_role(self, sealed: Envelope, role: Role, wanted: tuple[Area, ...]) -> None:
        candidates = self.keys.with_role(role)
        known = {key.key_id for key in self.keys.keys}
        _explain_strangers(sealed, candidates, known)
        inside = {
            key_id: key
            for key_id, key in candidates.items()
            if not key.area or all(Area.parse(key.area).covers(area) for area in wanted)
        }
        if not any(signature.key_id in inside for signature in sealed.signatures):
            raise SignatureError("the key may not sign for this area", RefusalReason.WRONG_AREA)
        alone = role != "emergency" or _is_signed_at_home(sealed, inside, wanted)
        self._need(sealed, inside, 1 if alone else EMERGENCY_THRESHOLD)

    def _need(self, sealed: Envelope, keys: dict[str, PublicKey], threshold: int) -> None:
        message = sealed.signed_bytes()
        good: set[str] = set()
        for signature in sealed.signatures:
            key = keys.get(signature.key_id)
            if key is not None and _is_good(key, signature, message):
                good.add(key.public_b64)
        if len(good) < threshold:
            raise SignatureError(
                f"{len(good)} of {threshold} needed signatures are good",
                RefusalReason.BAD_SIGNATURE,
            )


def _opened_keys(data: bytes) -> Envelope:
    sealed = envelope.parse(data)
    if sealed.type != "keys":
        raise ContractError(f"expected keys, got {sealed.type[:20]!r}")
    return sealed


def _is_good(key: PublicKey, signature: envelope.Signature, message: bytes) -> bool:
    algorithm = ALGORITHMS.get(key.algorithm)
    if algorithm is None or signature.algorithm != key.algorithm:
        return False
    try:
        public = wire.from_base64(key.public_b64)
    except ContractError:
        return False
    return algorithm.verify(public, signature.value, message)


def _is_signed_at_home(
    sealed: Envelope, keys: dict[str, PublicKey], areas: tuple[Area, ...]
) -> bool:
    """Whether a village's own key alarms that village only; anything wider needs two persons."""
    villages = {area.village.code for area in areas}
    signers = [keys[each.key_id] for each in sealed.signatures if each.key_id in keys]
    return len(villages) == 1 and any(key.area in villages for key in signers)


def _explain_strangers(sealed: Envelope, candidates: dict[str, PublicKey], known: set[str]) -> None:
    """Tell a stranger's key from a known key in the wrong role: operators act differently."""
    signed_by = {signature.key_id for signature in sealed.signatures}
    if signed_by & set(candidates):
        return
    if signed_by & known:
        raise SignatureError("signed by a key without that role", RefusalReason.WRONG_ROLE)
    raise SignatureError("signed by an unknown or revoked key", RefusalReason.UNKNOWN_KEY)

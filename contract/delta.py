"""What changed between two manifests of an area: a few hundred bytes instead of the whole list.

A delta leads from one manifest's exact bytes to the next one's exact bytes, signatures included:
whoever holds the first rebuilds the second, compares its hash, and verifies it like any other
manifest. So a delta can save traffic but never lead anywhere else; where it does not fit, the
whole manifest is fetched.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from datetime import datetime  # noqa: TC003 - the codec resolves hints at run time

from contract import codec, envelope, wire
from contract.areas import Area
from contract.errors import ContractError, RefusalReason
from contract.manifest import Item, Manifest, Withdrawn
from contract.notice import Asset  # noqa: TC001 - the codec resolves hints at run time


@dataclass(frozen=True, slots=True)
class DeltaSignature:
    """One signature of the manifest that comes out: key id, algorithm, base64."""

    key_id: str
    algorithm: str
    value_b64: str


@dataclass(frozen=True, slots=True)
class Delta:
    """From the manifest whose bytes hash to ``base_sha256`` to the one of ``result_sha256``."""

    area: str
    base_sha256: str
    result_sha256: str
    epoch: int
    generation: int
    issued_at: datetime
    signatures: tuple[DeltaSignature, ...]
    put: tuple[Item, ...] = ()
    drop: tuple[str, ...] = ()
    """Hashes of items that are no longer in force."""
    put_assets: tuple[Asset, ...] = ()
    drop_assets: tuple[str, ...] = ()
    withdrawn: tuple[Withdrawn, ...] = ()
    """The whole list of the manifest that comes out."""

    def __post_init__(self) -> None:
        Area.parse(self.area)


def between(base: bytes, result: bytes) -> Delta:
    """The delta from one sealed manifest to another; both are believed.

    Raises:
        ContractError: one of them is not a manifest.
    """
    old, new, sealed = _manifest(base), _manifest(result), envelope.parse(result)
    old_items, new_items = set(old.items), set(new.items)
    old_assets, new_assets = set(old.assets), set(new.assets)
    return Delta(
        area=new.area,
        base_sha256=_sha256(base),
        result_sha256=_sha256(result),
        epoch=new.epoch,
        generation=new.generation,
        issued_at=new.issued_at,
        signatures=tuple(
            DeltaSignature(each.key_id, each.algorithm, wire.to_base64(each.value))
            for each in sealed.signatures
        ),
        put=tuple(sorted(new_items - old_items, key=_place)),
        drop=tuple(sorted(each.sha256 for each in old_items - new_items)),
        put_assets=tuple(sorted(new_assets - old_assets, key=_name)),
        drop_assets=tuple(sorted(each.sha256 for each in old_assets - new_assets)),
        withdrawn=new.withdrawn,
    )


def elsewhere(result: bytes) -> Delta:
    """A delta that starts from nothing anybody holds: whoever gets it fetches the whole."""
    found = between(result, result)
    return replace(found, base_sha256="0" * 64)


def apply(delta: Delta, base: bytes) -> bytes:
    """The sealed manifest that ``delta`` makes of ``base``: not yet verified, but the right bytes.

    Raises:
        ContractError: it does not start from these bytes, or does not end where it says.
    """
    if _sha256(base) != delta.base_sha256:
        raise ContractError("this delta starts from another manifest")
    old = _manifest(base)
    items = [each for each in old.items if each.sha256 not in delta.drop] + list(delta.put)
    assets = [each for each in old.assets if each.sha256 not in delta.drop_assets]
    made = replace(
        old,
        epoch=delta.epoch,
        generation=delta.generation,
        issued_at=delta.issued_at,
        items=tuple(sorted(items, key=_place)),
        assets=tuple(sorted([*assets, *delta.put_assets], key=_name)),
        withdrawn=delta.withdrawn,
    )
    content = wire.dumps(codec.encode(made))
    signatures = tuple(_signature(each) for each in delta.signatures)
    result = replace(envelope.draft("manifest", content), signatures=signatures).to_bytes()
    if _sha256(result) != delta.result_sha256:
        raise ContractError("this delta does not end where it says", RefusalReason.HASH_MISMATCH)
    return result


def _signature(found: DeltaSignature) -> envelope.Signature:
    value = wire.from_base64(found.value_b64, what="a signature")
    return envelope.Signature(found.key_id, found.algorithm, value)


def _sha256(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()


def _place(item: Item) -> tuple[str, int, str]:
    return (item.id, item.revision, item.sha256)


def _name(asset: Asset) -> str:
    return asset.sha256


def _manifest(body: bytes) -> Manifest:
    return codec.decode(Manifest, wire.loads(envelope.parse(body).content()))

"""Drills: a whole rotation or revocation with keys made for it, in a folder that is thrown away.

Each drill plays the root holders, the hub and three boxes: one that was always there, one that
was away for the whole drill, and one that an attacker feeds. It says every step and ends with
what a box believes. A county runs them before it touches its own roots.
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from contract import envelope
from contract.algorithms import ED25519
from contract.areas import Area
from contract.errors import ContractError, VillageError
from contract.keys import KeySet, PrivateKey, Trust
from hub.sealing import ceremony

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from contract.envelope import Envelope
    from contract.keys import PublicKey

COUNTY = "530199"
HOME = Area.parse("530199001001")
TOWN = "530199001"


class DrillFailedError(VillageError, RuntimeError):
    """A box believed what it must not, or the other way round; the message names the step."""


@dataclass
class Bench:
    """The county of a drill: three roots on media of their own, the hub's keys, the chain."""

    folder: Path
    say: Callable[[str], object]
    algorithm: str = ED25519
    keys: dict[str, PrivateKey] = field(default_factory=dict)
    chain: list[bytes] = field(default_factory=list)

    def found(self) -> Trust:
        """The first ceremony; what a box pins at enrolment."""
        roots = self.make_roots("root")
        names = {"target": "target", "content": "content"}
        working = [self.new_key(name, role).public(role, area=COUNTY, holder=name)  # type: ignore[arg-type] # a role
                   for name, role in names.items()]  # fmt: skip
        for name, area in (("xian1", COUNTY), ("xian2", COUNTY), ("zhen1", TOWN)):
            key = self.new_key(name, "emergency")
            working.append(key.public("emergency", area=area, holder=name))
        return self.publish(ceremony.first_set(roots, working), ("root-1", "root-2"))

    def make_roots(self, name: str) -> list[PublicKey]:
        """Three roots, each in a folder of its own."""
        return [
            ceremony.make_root(self.medium(f"{name}-{n}"), f"{name}-{n}", self.algorithm)
            for n in (1, 2, 3)
        ]

    def medium(self, name: str) -> Path:
        """The file of a root on its holder's medium."""
        return self.folder / f"medium-{name}" / name

    def new_key(self, name: str, role: str) -> PrivateKey:
        """A new working key; the old one stays with the attacker."""
        self.keys[name] = PrivateKey.generate(self.algorithm)
        self.say(f"  新密钥 new key: {name} ({role})")
        return self.keys[name]

    def publish(self, keys: KeySet, roots: Sequence[str]) -> Trust:
        """Carry a proposal to these roots and publish it."""
        data = ceremony.propose(keys)
        for name in roots:
            data = ceremony.sign(data, ceremony.read_signer(self.medium(name)))
        present = self.trust() if self.chain else None
        trust = ceremony.check(data, present)
        self.chain.append(data)
        self.say(f"✓ 密钥集 {keys.version} 由 {'、'.join(roots)} 签署并发布 published")
        return trust

    def trust(self, upto: int | None = None) -> Trust:
        """What a box believes that walked the chain in order, as far as version ``upto``."""
        found = Trust.first(self.chain[0])
        for each in self.chain[1:upto]:
            found = found.advance(each)
        return found

    def sealed(self, kind: envelope.EnvelopeType, *signers: PrivateKey) -> Envelope:
        """A message of a kind, signed by these."""
        return envelope.parse(envelope.seal(kind, b"{}", signers))

    def expect(self, trust: Trust, sealed: Envelope, *, good: bool, text: str) -> None:
        """Hold what a box says of a message against what it should say.

        Raises:
            DrillFailedError: it says something else.
        """
        try:
            trust.verify(sealed, [HOME])
            reason = ""
        except ContractError as error:
            reason = error.reason.value
        if (reason == "") is not good:
            raise DrillFailedError(f"✗ {text}: {reason or '被接受 accepted'}")
        self.say(f"✓ {text}" + (f" → 拒收 {reason}" if reason else " → 接受 accepted"))


def rotation(bench: Bench) -> None:
    """Every working key is replaced, then every root; a box that was away walks the chain.

    Raises:
        DrillFailedError: a step ended in another way than it must.
    """
    bench.found()
    old = dict(bench.keys)
    for name, role in (("target", "target"), ("content", "content")):
        key = bench.new_key(name, role).public(role, area=COUNTY, holder=name)  # type: ignore[arg-type] # a role
        trust = bench.publish(
            ceremony.with_key(bench.trust().keys, name, key), ("root-2", "root-3")
        )
    bench.expect(trust, bench.sealed("manifest", bench.keys["target"]), good=True, text="新 target")
    bench.expect(trust, bench.sealed("manifest", old["target"]), good=False, text="旧 target")
    bench.expect(trust, bench.sealed("notice", old["content"]), good=False, text="旧 content")
    roots = bench.make_roots("new-root")
    following = ceremony.with_roots(trust.keys, roots)
    _refused(bench, following, ("new-root-1", "new-root-2"), "只有新根签名 new roots alone")
    _refused(bench, following, ("root-1", "root-2", "new-root-1"), "新根只有一个 one new root")
    bench.publish(following, ("root-1", "root-2", "new-root-1", "new-root-2"))
    key = bench.new_key("xian1", "emergency").public("emergency", area=COUNTY, holder="xian1")
    last = ceremony.with_key(bench.trust().keys, "xian1", key)
    _refused(bench, last, ("root-1", "root-2", "root-3"), "旧根 the old roots")
    bench.publish(last, ("new-root-2", "new-root-3"))
    away = bench.trust(1)
    try:
        away.advance(bench.chain[-1])
    except ContractError:
        bench.say("✓ 离线已久的终端不接受跳级 a box that was away takes no leap")
    else:
        raise DrillFailedError("✗ a box leapt over a change of roots")
    walked = bench.trust()
    bench.say(f"✓ 逐级走完密钥链 it walks the chain to {walked.keys.version}")
    alert = bench.sealed("alert", bench.keys["xian1"], bench.keys["xian2"])
    bench.expect(walked, alert, good=True, text="两人紧急签名 two officers")
    bench.expect(away, alert, good=False, text="尚未走链的终端 before it walked")


def revocation(bench: Bench) -> None:
    """An officer's and the hub's key are stolen; after the revocation neither moves a box.

    Raises:
        DrillFailedError: a step ended in another way than it must.
    """
    before = bench.found()
    stolen = dict(bench.keys)
    forged = bench.sealed("alert", stolen["xian1"], stolen["xian2"])
    bench.expect(before, forged, good=True, text="吊销前 before the revocation")
    after = bench.publish(ceremony.without(before.keys, "xian1"), ("root-1", "root-3"))
    bench.expect(after, forged, good=False, text="被盗的一人加在岗一人 stolen + one officer")
    twice = bench.sealed("alert", stolen["xian1"], stolen["xian1"])
    bench.expect(after, twice, good=False, text="被盗的一人 stolen alone")
    good = bench.sealed("alert", stolen["xian2"], stolen["zhen1"])
    bench.expect(after, good, good=True, text="在岗两人 two who remain")
    _refused(bench, ceremony.without(after.keys, "xian2"), ("root-1",), "只有一个根 one root")
    key = bench.new_key("target", "target").public("target", area=COUNTY, holder="target")
    last = bench.publish(ceremony.with_key(after.keys, "target", key), ("root-1", "root-2"))
    bench.expect(last, bench.sealed("manifest", stolen["target"]), good=False, text="被盗的 target")
    bench.expect(last, bench.sealed("manifest", bench.keys["target"]), good=True, text="新 target")
    try:
        last.advance(bench.chain[0])
    except ContractError as error:
        bench.say(f"✓ 旧密钥集回放 → 拒收 {error.reason.value} an old set does not return")
    else:
        raise DrillFailedError("✗ an old key set was believed")


def _refused(bench: Bench, keys: KeySet, roots: Sequence[str], text: str) -> None:
    try:
        bench.publish(keys, roots)
    except ceremony.CeremonyError:
        bench.say(f"✓ {text} → 不能发布 cannot be published")
        return
    raise DrillFailedError(f"✗ {text}: published")


DRILLS: dict[str, Callable[[Bench], None]] = {"rotation": rotation, "revocation": revocation}


def run(name: str, say: Callable[[str], object], algorithm: str = ED25519) -> None:
    """Run one drill in a folder of its own; every key in it is of this algorithm.

    Raises:
        DrillFailedError: a step ended in another way than it must.
    """
    with tempfile.TemporaryDirectory(prefix="key-drill-") as folder:
        DRILLS[name](Bench(Path(folder), say, algorithm))
    say(f"演练通过 the drill of {name} has passed")

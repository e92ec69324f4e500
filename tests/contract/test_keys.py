"""Keys: a role for every kind of message, an area for every key, and a chain of key sets.

Everything here holds for every algorithm that a key may have.
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from contract import envelope
from contract.algorithms import ALGORITHMS
from contract.areas import Area
from contract.errors import RefusalReason, SignatureError
from contract.keys import KeySet, PrivateKey, Trust, seal_keys

HOME = Area.parse("530199001001")


class County:
    """A key for every role, all of one algorithm."""

    def __init__(self, algorithm: str) -> None:
        def some(count: int) -> list[PrivateKey]:
            return [PrivateKey.generate(algorithm) for _ in range(count)]

        self.roots, self.new_roots = some(3), some(3)
        self.target, self.content, self.stranger = some(3)
        self.county, self.town, self.village = some(3)
        self.trust = Trust(self.key_set())

    def key_set(self, version: int = 1, roots: list[PrivateKey] | None = None) -> KeySet:
        working = (
            self.target.public("target", area="530199"),
            self.content.public("content", area="530199"),
            self.county.public("emergency", area="530199"),
            self.town.public("emergency", area="530199001"),
            self.village.public("emergency", area="530199001001"),
        )
        return KeySet(version, (*(each.public("root") for each in roots or self.roots), *working))

    def refusal(
        self, kind: envelope.EnvelopeType, *signers: PrivateKey, area: Area = HOME
    ) -> RefusalReason:
        with pytest.raises(SignatureError) as found:
            self.trust.verify(sealed(kind, *signers), [area])
        return found.value.reason


@pytest.fixture(scope="module", params=sorted(ALGORITHMS))
def has(request: pytest.FixtureRequest) -> County:
    return County(request.param)


def sealed(kind: envelope.EnvelopeType, *signers: PrivateKey) -> envelope.Envelope:
    return envelope.parse(envelope.seal(kind, b"{}", signers))


def test_every_kind_of_message_has_its_role(has: County) -> None:
    has.trust.verify(sealed("manifest", has.target), [HOME])
    has.trust.verify(sealed("time", has.target))
    has.trust.verify(sealed("notice", has.content), [HOME])
    has.trust.verify(sealed("alert", has.county, has.town), [HOME])


def test_a_key_in_the_wrong_role_is_told_from_a_stranger(has: County) -> None:
    assert has.refusal("manifest", has.content) == RefusalReason.WRONG_ROLE
    assert has.refusal("notice", has.target) == RefusalReason.WRONG_ROLE
    assert has.refusal("alert", has.target, has.content) == RefusalReason.WRONG_ROLE
    assert has.refusal("manifest", has.roots[0]) == RefusalReason.WRONG_ROLE
    assert has.refusal("manifest", has.stranger) == RefusalReason.UNKNOWN_KEY


def test_a_key_signs_inside_its_area_only(has: County) -> None:
    elsewhere = Area.parse("530198001001")
    assert has.refusal("notice", has.content, area=elsewhere) == RefusalReason.WRONG_AREA
    assert has.refusal("manifest", has.target, area=Area.parse("5301")) == RefusalReason.WRONG_AREA
    assert has.refusal("alert", has.town, has.village, area=Area.parse("530199002001"))


def test_an_alert_needs_two_persons(has: County) -> None:
    assert has.refusal("alert", has.county) == RefusalReason.BAD_SIGNATURE
    assert has.refusal("alert", has.county, has.county) == RefusalReason.BAD_SIGNATURE
    assert has.refusal("alert", has.county, has.stranger) == RefusalReason.BAD_SIGNATURE


def test_a_village_may_alarm_itself_alone(has: County) -> None:
    has.trust.verify(sealed("alert", has.village), [HOME])
    has.trust.verify(sealed("alert", has.village), [Area.parse("530199001001-3")])
    assert has.refusal("alert", has.village, area=Area.parse("530199001"))
    with pytest.raises(SignatureError):
        has.trust.verify(sealed("alert", has.village), [HOME, Area.parse("530199001002")])


def test_one_key_under_two_ids_is_one_person(has: County) -> None:
    twin = replace(has.county.public("emergency", area="530199"), key_id="another-id")
    trust = Trust(replace(has.key_set(), keys=(*has.key_set().keys, twin)))
    good = sealed("alert", has.county)
    again = replace(good.signatures[0], key_id="another-id")
    with pytest.raises(SignatureError):
        trust.verify(replace(good, signatures=(*good.signatures, again)), [HOME])


def test_an_algorithm_that_the_key_does_not_have_is_not_believed(has: County) -> None:
    good = sealed("manifest", has.target)
    other = replace(good.signatures[0], algorithm="none")
    with pytest.raises(SignatureError):
        has.trust.verify(replace(good, signatures=(other,)))


@pytest.mark.parametrize("text", ["x", "é", "====", ""])
def test_a_key_that_is_no_key_signs_nothing(has: County, text: str) -> None:
    broken = replace(has.county.public("emergency", area="530199"), public_b64=text)
    trust = Trust(KeySet(1, (broken, has.town.public("emergency", area="530199001"))))
    with pytest.raises(SignatureError) as found:
        trust.verify(sealed("alert", has.county, has.town), [HOME])
    assert found.value.reason == RefusalReason.BAD_SIGNATURE


def test_the_next_key_set_is_believed_when_two_roots_say_so(has: County) -> None:
    assert has.trust.advance(seal_keys(has.key_set(2), has.roots[1:])).keys.version == 2


def test_fewer_roots_move_nothing(has: County) -> None:
    root, stranger = has.roots[0], has.stranger
    for signers in ([root], [root, stranger], [stranger, has.target]):
        with pytest.raises(SignatureError):
            has.trust.advance(seal_keys(has.key_set(2), signers))


def test_a_key_set_does_not_go_back(has: County) -> None:
    with pytest.raises(ValueError, match="not newer"):
        Trust(has.key_set(5)).advance(seal_keys(has.key_set(4), has.roots))
    with pytest.raises(ValueError, match="not newer"):
        has.trust.advance(seal_keys(has.key_set(1), has.roots))


def test_new_roots_need_the_old_and_the_new(has: County) -> None:
    following = has.key_set(2, has.new_roots)
    for signers in (
        has.roots,
        has.new_roots,
        [*has.roots, has.new_roots[0]],
        [has.roots[0], *has.new_roots],
    ):
        with pytest.raises(SignatureError):
            has.trust.advance(seal_keys(following, signers))
    moved = has.trust.advance(seal_keys(following, [*has.roots[:2], *has.new_roots[:2]]))
    assert (
        moved.advance(seal_keys(has.key_set(3, has.new_roots), has.new_roots[:2])).keys.version == 3
    )


def test_a_box_that_was_away_walks_the_chain_in_order(has: County) -> None:
    second = seal_keys(has.key_set(2, has.new_roots), [*has.roots[:2], *has.new_roots[:2]])
    third = seal_keys(has.key_set(3, has.new_roots), has.new_roots[:2])
    with pytest.raises(SignatureError):
        has.trust.advance(third)
    assert has.trust.advance(second).advance(third).keys.version == 3


def test_an_absent_key_is_revoked(has: County) -> None:
    without = replace(
        has.key_set(2), keys=tuple(k for k in has.key_set().keys if "content" not in k.roles)
    )
    trust = has.trust.advance(seal_keys(without, has.roots[:2]))
    with pytest.raises(SignatureError) as found:
        trust.verify(sealed("notice", has.content), [HOME])
    assert found.value.reason is RefusalReason.UNKNOWN_KEY


def test_only_a_key_set_is_taken_for_one(has: County) -> None:
    with pytest.raises(ValueError, match="expected keys"):
        has.trust.advance(envelope.seal("manifest", b"{}", has.roots))


def test_a_private_key_is_the_same_from_its_bytes(has: County) -> None:
    again = PrivateKey.from_bytes(has.target.to_bytes())
    assert again.key_id == has.target.key_id
    assert again.algorithm == has.target.algorithm
    has.trust.verify(sealed("manifest", again), [HOME])

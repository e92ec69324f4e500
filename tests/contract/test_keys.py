"""Keys: a role for every kind of message, an area for every key, and a chain of key sets."""

from __future__ import annotations

from dataclasses import replace

import pytest

from contract import envelope
from contract.areas import Area
from contract.errors import RefusalReason, SignatureError
from contract.keys import KeySet, PrivateKey, Trust, seal_keys

ROOTS = [PrivateKey.generate() for _ in range(3)]
NEW_ROOTS = [PrivateKey.generate() for _ in range(3)]
TARGET, CONTENT = PrivateKey.generate(), PrivateKey.generate()
COUNTY, TOWN, VILLAGE, STRANGER = (PrivateKey.generate() for _ in range(4))
HOME = Area.parse("530199001001")
KEYS = (
    TARGET.public("target", area="530199"),
    CONTENT.public("content", area="530199"),
    COUNTY.public("emergency", area="530199"),
    TOWN.public("emergency", area="530199001"),
    VILLAGE.public("emergency", area="530199001001"),
)


def key_set(version: int = 1, roots: list[PrivateKey] = ROOTS, threshold: int = 2) -> KeySet:
    return KeySet(version, (*(each.public("root") for each in roots), *KEYS), threshold)


TRUST = Trust(key_set())


def sealed(kind: envelope.EnvelopeType, *signers: PrivateKey) -> envelope.Envelope:
    return envelope.parse(envelope.seal(kind, b"{}", signers))


def refusal(kind: envelope.EnvelopeType, *signers: PrivateKey, area: Area = HOME) -> str:
    with pytest.raises(SignatureError) as found:
        TRUST.verify(sealed(kind, *signers), [area])
    return found.value.reason


def test_every_kind_of_message_has_its_role() -> None:
    TRUST.verify(sealed("manifest", TARGET), [HOME])
    TRUST.verify(sealed("time", TARGET))
    TRUST.verify(sealed("notice", CONTENT), [HOME])
    TRUST.verify(sealed("alert", COUNTY, TOWN), [HOME])


def test_a_key_in_the_wrong_role_is_told_from_a_stranger() -> None:
    assert refusal("manifest", CONTENT) == RefusalReason.WRONG_ROLE
    assert refusal("notice", TARGET) == RefusalReason.WRONG_ROLE
    assert refusal("alert", TARGET, CONTENT) == RefusalReason.WRONG_ROLE
    assert refusal("manifest", ROOTS[0]) == RefusalReason.WRONG_ROLE
    assert refusal("manifest", STRANGER) == RefusalReason.UNKNOWN_KEY


def test_a_key_signs_inside_its_area_only() -> None:
    elsewhere = Area.parse("530198001001")
    assert refusal("notice", CONTENT, area=elsewhere) == RefusalReason.WRONG_AREA
    assert refusal("manifest", TARGET, area=Area.parse("5301")) == RefusalReason.WRONG_AREA
    assert refusal("alert", TOWN, VILLAGE, area=Area.parse("530199002001"))


def test_an_alert_needs_two_persons() -> None:
    assert refusal("alert", COUNTY) == RefusalReason.BAD_SIGNATURE
    assert refusal("alert", COUNTY, COUNTY) == RefusalReason.BAD_SIGNATURE
    assert refusal("alert", COUNTY, STRANGER) == RefusalReason.BAD_SIGNATURE


def test_a_village_may_alarm_itself_alone() -> None:
    TRUST.verify(sealed("alert", VILLAGE), [HOME])
    TRUST.verify(sealed("alert", VILLAGE), [Area.parse("530199001001-3")])
    assert refusal("alert", VILLAGE, area=Area.parse("530199001"))
    with pytest.raises(SignatureError):
        TRUST.verify(sealed("alert", VILLAGE), [HOME, Area.parse("530199001002")])


def test_one_key_under_two_ids_is_one_person() -> None:
    twin = replace(COUNTY.public("emergency", area="530199"), key_id="another-id")
    trust = Trust(replace(key_set(), keys=(*key_set().keys, twin)))
    good = sealed("alert", COUNTY)
    again = replace(good.signatures[0], key_id="another-id")
    with pytest.raises(SignatureError):
        trust.verify(replace(good, signatures=(*good.signatures, again)), [HOME])


def test_an_algorithm_that_the_key_does_not_have_is_not_believed() -> None:
    good = sealed("manifest", TARGET)
    other = replace(good.signatures[0], algorithm="none")
    with pytest.raises(SignatureError):
        TRUST.verify(replace(good, signatures=(other,)))


@pytest.mark.parametrize("text", ["x", "é", "====", ""])
def test_a_key_that_is_no_key_signs_nothing(text: str) -> None:
    broken = replace(COUNTY.public("emergency", area="530199"), public_b64=text)
    trust = Trust(KeySet(1, (broken, TOWN.public("emergency", area="530199001"))))
    with pytest.raises(SignatureError) as found:
        trust.verify(sealed("alert", COUNTY, TOWN), [HOME])
    assert found.value.reason == RefusalReason.BAD_SIGNATURE


def test_the_next_key_set_is_believed_when_two_roots_say_so() -> None:
    assert TRUST.advance(seal_keys(key_set(2), ROOTS[1:])).keys.version == 2


@pytest.mark.parametrize("signers", [[ROOTS[0]], [ROOTS[0], STRANGER], [STRANGER, TARGET]])
def test_fewer_roots_move_nothing(signers: list[PrivateKey]) -> None:
    with pytest.raises(SignatureError):
        TRUST.advance(seal_keys(key_set(2), signers))


def test_a_key_set_does_not_go_back() -> None:
    with pytest.raises(ValueError, match="not newer"):
        Trust(key_set(5)).advance(seal_keys(key_set(4), ROOTS))
    with pytest.raises(ValueError, match="not newer"):
        TRUST.advance(seal_keys(key_set(1), ROOTS))


def test_new_roots_need_the_old_and_the_new() -> None:
    following = key_set(2, NEW_ROOTS)
    for signers in (ROOTS, NEW_ROOTS, [*ROOTS, NEW_ROOTS[0]], [ROOTS[0], *NEW_ROOTS]):
        with pytest.raises(SignatureError):
            TRUST.advance(seal_keys(following, signers))
    moved = TRUST.advance(seal_keys(following, [*ROOTS[:2], *NEW_ROOTS[:2]]))
    assert moved.advance(seal_keys(key_set(3, NEW_ROOTS), NEW_ROOTS[:2])).keys.version == 3


def test_a_box_that_was_away_walks_the_chain_in_order() -> None:
    second = seal_keys(key_set(2, NEW_ROOTS), [*ROOTS[:2], *NEW_ROOTS[:2]])
    third = seal_keys(key_set(3, NEW_ROOTS), NEW_ROOTS[:2])
    with pytest.raises(SignatureError):
        TRUST.advance(third)
    assert TRUST.advance(second).advance(third).keys.version == 3


def test_an_absent_key_is_revoked() -> None:
    without = replace(key_set(2), keys=tuple(k for k in key_set().keys if "content" not in k.roles))
    trust = TRUST.advance(seal_keys(without, ROOTS[:2]))
    with pytest.raises(SignatureError) as found:
        trust.verify(sealed("notice", CONTENT), [HOME])
    assert found.value.reason is RefusalReason.UNKNOWN_KEY


def test_only_a_key_set_is_taken_for_one() -> None:
    with pytest.raises(ValueError, match="expected keys"):
        TRUST.advance(envelope.seal("manifest", b"{}", ROOTS))


def test_a_private_key_is_the_same_from_its_bytes() -> None:
    again = PrivateKey.from_bytes(TARGET.to_bytes())
    assert again.key_id == TARGET.key_id
    assert again.sign(b"x") == TARGET.sign(b"x")

"""SM2 with SM3 behind the same envelope, key sets and alerts as Ed25519."""

from __future__ import annotations

import shutil
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from contract import envelope, sm2
from contract.areas import Area
from contract.errors import SignatureError
from contract.keys import KeySet, PrivateKey, PublicKey, Trust, seal_keys

if TYPE_CHECKING:
    from pathlib import Path

    from contract.keys import Role

pytestmark = pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed")

# The signature example of GB/T 32918.5-2017, appendix A.2.
POINT = bytes.fromhex(
    "04"
    "09F9DF311E5421A150DD7D161E4BC5C672179FAD1833FC076BB08FF356F35020"
    "CCEA490CE26775A52DC6EA718CC1AA600AED05FBF35E084A6632F6072DA9AD13"
)
SIGNATURE = bytes.fromhex(
    "3046"
    "022100F5A03B0648D2C4630EEAC513E1BB81A15944DA3827D5B74143AC7EACEEE720B3"
    "022100B1B6AA29DF212FD8763182BC0D421CA1BB9038FD1F7F42D4840B69C485BBC1AA"
)
MESSAGE = b"message digest"
HOME = Area.parse("530199001001")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("sm2")


@pytest.fixture(scope="module")
def keys(folder: Path) -> list[sm2.Sm2PrivateKey]:
    return [sm2.Sm2PrivateKey.generate(folder / f"key-{n}") for n in range(4)]


def _public(key: sm2.Sm2PrivateKey, role: Role, area: str = "530199") -> PublicKey:
    return PublicKey(key.key_id, key.public_b64, (role,), area, algorithm=key.algorithm)


def test_the_example_of_the_standard_is_right() -> None:
    assert sm2.verify(POINT, SIGNATURE, MESSAGE)


@pytest.mark.parametrize(
    ("public", "signature", "message"),
    [
        (POINT, SIGNATURE, MESSAGE + b"!"),
        (POINT, SIGNATURE[:-1] + b"\x00", MESSAGE),
        (POINT, b"", MESSAGE),
        (POINT[:-1] + b"\x00", SIGNATURE, MESSAGE),
        (POINT[1:], SIGNATURE, MESSAGE),
        (b"", SIGNATURE, MESSAGE),
        (b"\x04" + b"\xff" * 64, SIGNATURE, MESSAGE),
    ],
)
def test_anything_else_is_wrong(public: bytes, signature: bytes, message: bytes) -> None:
    assert not sm2.verify(public, signature, message)


def test_every_kind_of_message_verifies_with_sm2(keys: list[sm2.Sm2PrivateKey]) -> None:
    target, content, first, second = keys
    officers = (_public(first, "emergency"), _public(second, "emergency"))
    trust = Trust(KeySet(1, (_public(target, "target"), _public(content, "content"), *officers)))
    trust.verify(envelope.parse(envelope.seal("manifest", b"{}", [target])), [HOME])
    trust.verify(envelope.parse(envelope.seal("notice", b"{}", [content])), [HOME])
    trust.verify(envelope.parse(envelope.seal("alert", b"{}", [first, second])), [HOME])
    for signers in ([first], [first, target]):
        with pytest.raises(SignatureError):
            trust.verify(envelope.parse(envelope.seal("alert", b"{}", signers)), [HOME])


def test_an_alert_may_carry_one_signature_of_each_kind(keys: list[sm2.Sm2PrivateKey]) -> None:
    other = PrivateKey.generate()
    both = (_public(keys[0], "emergency"), other.public("emergency", area="530199"))
    sealed = envelope.parse(envelope.seal("alert", b"{}", [keys[0], other]))
    Trust(KeySet(1, both)).verify(sealed, [HOME])


def test_one_algorithm_is_not_taken_for_the_other(keys: list[sm2.Sm2PrivateKey]) -> None:
    own = _public(keys[0], "target")
    sealed = envelope.parse(envelope.seal("manifest", b"{}", [keys[0]]))
    disguised = replace(sealed.signatures[0], algorithm="ed25519")
    for listed in (own, replace(own, algorithm="ed25519")):
        with pytest.raises(SignatureError):
            Trust(KeySet(1, (listed,))).verify(replace(sealed, signatures=(disguised,)), [HOME])


def test_sm2_roots_move_a_key_set_on(keys: list[sm2.Sm2PrivateKey]) -> None:
    roots = tuple(_public(key, "root", "") for key in keys[:3])
    trust = Trust.first(seal_keys(KeySet(1, roots), keys[:2]))
    assert trust.advance(seal_keys(KeySet(2, roots), keys[1:3])).keys.version == 2
    with pytest.raises(SignatureError):
        trust.advance(seal_keys(KeySet(2, roots), [keys[0], keys[3]]))


def test_a_key_file_is_closed_to_others_and_never_overwritten(folder: Path) -> None:
    path = folder / "own"
    made = sm2.Sm2PrivateKey.generate(path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert sm2.Sm2PrivateKey(path).key_id == made.key_id
    with pytest.raises(FileExistsError):
        sm2.Sm2PrivateKey.generate(path)
    path.write_text("no key", encoding="ascii")
    with pytest.raises(sm2.Sm2Error):
        sm2.Sm2PrivateKey(path)


def test_without_openssl_nothing_is_believed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    assert not sm2.verify(POINT, SIGNATURE, MESSAGE)

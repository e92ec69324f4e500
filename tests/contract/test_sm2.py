"""SM2 with SM3 behind the same envelope, key sets and alerts as Ed25519."""

from __future__ import annotations

import shutil
from dataclasses import replace

import pytest

from contract import envelope, sm2
from contract.algorithms import ED25519, SM2
from contract.areas import Area
from contract.errors import ContractError, SignatureError
from contract.keys import KeySet, PrivateKey, Trust

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
def keys() -> list[PrivateKey]:
    return [PrivateKey.generate(SM2) for _ in range(2)]


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


def test_an_alert_may_carry_one_signature_of_each_kind(keys: list[PrivateKey]) -> None:
    other = PrivateKey.generate()
    both = tuple(key.public("emergency", area="530199") for key in (keys[0], other))
    sealed = envelope.parse(envelope.seal("alert", b"{}", [keys[0], other]))
    Trust(KeySet(1, both)).verify(sealed, [HOME])


def test_one_algorithm_is_not_taken_for_the_other(keys: list[PrivateKey]) -> None:
    own = keys[0].public("target", area="530199")
    sealed = envelope.parse(envelope.seal("manifest", b"{}", [keys[0]]))
    disguised = replace(sealed.signatures[0], algorithm=ED25519)
    for listed in (own, replace(own, algorithm=ED25519)):
        with pytest.raises(SignatureError):
            Trust(KeySet(1, (listed,))).verify(replace(sealed, signatures=(disguised,)), [HOME])


def test_a_key_is_the_same_from_its_bytes_and_nothing_else_is_one(keys: list[PrivateKey]) -> None:
    again = PrivateKey.from_bytes(keys[0].to_bytes())
    assert (again.key_id, again.algorithm) == (keys[0].key_id, SM2)
    message = b"x"
    point = sm2.public_point(keys[0].to_bytes())
    assert sm2.verify(point, again.sign(message), message)
    for secret in (b"-----BEGIN PRIVATE KEY-----\n", b"-----BEGIN nothing"):
        with pytest.raises(sm2.Sm2Error):
            PrivateKey.from_bytes(secret)
    with pytest.raises(ContractError):
        PrivateKey.from_bytes(b"no key")


def test_without_openssl_nothing_is_believed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    assert not sm2.verify(POINT, SIGNATURE, MESSAGE)

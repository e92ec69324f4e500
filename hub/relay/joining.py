"""Joining the hub above, and leaving it: three files carried by hand, and fingerprints read aloud.

The request carries a certificate request, whose key never leaves this hub; the answer comes back
sealed by the hub above, with its key set and those of the hubs above it. Whoever takes it in
compares their roots' fingerprints with what those hubs gave out on paper.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from django.conf import settings
from django.db import transaction

from contract import codec, envelope, wire
from contract.areas import Area
from contract.enrolment import fingerprint
from contract.errors import ContractError
from contract.keys import Trust
from contract.relay import JoinAnswer, JoinRequest
from hub.broker.files import write_whole
from hub.dispatch.key_sets import current_key_set
from hub.places.models import CountyPage
from hub.relay import line, passing
from hub.relay.children import RelayError
from hub.relay.delegation import is_above, own_area
from hub.relay.models import AncestorKeys, HeardLayer, Parent

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

FOLDER = "relay"


@dataclass(frozen=True, slots=True)
class Papers:
    """What this hub shows and believes above, as files that only their owner reads."""

    folder: Path

    @property
    def key(self) -> Path:
        """Our private key."""
        return self.folder / "hub.key"

    @property
    def certificate(self) -> Path:
        """Our certificate, signed above."""
        return self.folder / "hub.pem"

    @property
    def ca(self) -> Path:
        """The authority above."""
        return self.folder / "ca.pem"

    @property
    def password(self) -> Path:
        """For brokers without certificates."""
        return self.folder / "password"


def papers() -> Papers:
    """Below the hub's keys, which no backup carries."""
    return Papers(settings.DATA.keys / FOLDER)


def request() -> bytes:
    """The file to carry to the hub above; asking again asks with the same key."""
    place = CountyPage.objects.get()
    hub = f"hub-{place.code}"
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, hub)])
    csr = x509.CertificateSigningRequestBuilder().subject_name(name).sign(_key(), hashes.SHA256())
    pem = csr.public_bytes(serialization.Encoding.PEM).decode("ascii")
    return wire.dumps(codec.encode(JoinRequest(hub, place.code, str(place.title), pem)))


def _key() -> ec.EllipticCurvePrivateKey:
    path = papers().key
    if not path.exists():
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        made = ec.generate_private_key(ec.SECP256R1())
        pem = made.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        write_whole(path, pem.decode("ascii"))
    key = serialization.load_pem_private_key(path.read_bytes(), password=None)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise RelayError(f"{path} 不是本机密钥，删除后重试 / is not our key, remove it")
    return key


def read_request(data: bytes) -> JoinRequest:
    """The request of a hub below.

    Raises:
        RelayError: it is not one.
    """
    try:
        return codec.decode(JoinRequest, wire.loads(data))
    except ContractError as error:
        raise RelayError(f"不是加入申请 / not a request to join: {error}") from error


def read_answer(data: bytes) -> tuple[JoinAnswer, dict[str, str]]:
    """The answer of the hub above, and the fingerprint of the roots of every area in it.

    Raises:
        RelayError: not an answer, torn, or not sealed by the hub that it comes from.
    """
    try:
        sealed = envelope.parse(data)
        answer = codec.decode(JoinAnswer, wire.loads(sealed.content()))
        trusts = {each.area: Trust.first(each.key_set) for each in answer.keys}
        trusts[answer.area].verify(sealed, [Area.parse(answer.area)])
    except (ContractError, KeyError) as error:
        raise RelayError(f"不是上级平台的答复 / not an answer from above: {error}") from error
    return answer, {area: fingerprint(trust.keys) for area, trust in trusts.items()}


def join(data: bytes, expected: Mapping[str, str]) -> Parent:
    """Take the answer in: from now on this hub passes on what the hub above signs.

    Args:
        data: the answer's file.
        expected: by area, fingerprints as the hubs above gave them out.

    Raises:
        RelayError: an answer to somebody else, a hub that is not above us, another hub above
            than the present one, or a fingerprint that does not agree.
    """
    answer, found = read_answer(data)
    own = own_area()
    if answer.hub != f"hub-{own}":
        raise RelayError(f"这是给 {answer.hub} 的答复 / this is the answer to {answer.hub}")
    for area in found:
        if not is_above(area, own):  # so no hub can be above itself, at any remove
            raise RelayError(f"{area} 不是 {own} 的上级 / is not above {own}")
    present = Parent.objects.first()
    if present is not None and present.area != answer.area:
        raise RelayError(
            f"已有上级 {present}，先 relay leave / there is a hub above, leave it first"
        )
    for area, wanted in expected.items():
        if found.get(area) != wanted:
            raise RelayError(f"{area} 的指纹不符 / the fingerprint of {area} is {found.get(area)}")
    _keep(answer)
    with transaction.atomic():
        Parent.objects.all().delete()
        parent = Parent.objects.create(
            hub=answer.hub,
            area=answer.area,
            name=answer.name[:60],
            brokers=list(answer.brokers),
            files=answer.files,
        )
        for each in answer.keys:
            _pin(each.area, each.key_set)
    current_key_set()
    passing.tell_keys()
    return parent


def _keep(answer: JoinAnswer) -> None:
    folder = papers()
    key = x509.load_pem_x509_certificate(answer.certificate_pem.encode()).public_key()
    if key != _key().public_key():
        raise RelayError("证书不是给本机密钥的 / the certificate is not for our key")
    write_whole(folder.ca, answer.ca_pem)
    write_whole(folder.certificate, answer.certificate_pem)
    write_whole(folder.password, answer.password)


def _pin(area: str, key_set: bytes) -> None:
    """Believe this key set of an area, unless we have walked further already."""
    version = Trust.first(key_set).keys.version
    known = AncestorKeys.objects.filter(area=area)
    if not known.filter(version__gte=version).exists():
        known.delete()
        AncestorKeys.objects.create(area=area, version=version, body=key_set)


def leave() -> bool:
    """Pass nothing on any more, and believe nobody above; whether there was a hub above."""
    with transaction.atomic():
        found, _ = Parent.objects.all().delete()
        AncestorKeys.objects.all().delete()
        for row in HeardLayer.objects.all():
            passing.drop_layer(row.area)
        HeardLayer.objects.all().delete()
    if found:
        current_key_set()
        passing.tell_keys()
    return bool(found)


def entrance(parent: Parent) -> line.Entrance:
    """How this hub enters the brokers above."""
    folder = papers()
    with_tls = any(each.startswith("mqtts:") for each in parent.brokers)
    tls = line.context(folder.ca, folder.certificate, folder.key) if with_tls else None
    password = folder.password.read_text(encoding="ascii") if folder.password.exists() else ""
    return line.Entrance(parent.hub, tuple(parent.brokers), password, tls)

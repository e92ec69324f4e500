"""Our own CAP messages, written by the standard, and a signer for them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from lxml import etree
from signxml.algorithms import SignatureMethod
from signxml.signer import XMLSigner

if TYPE_CHECKING:
    from collections.abc import Iterable

NOW = datetime.now(UTC).replace(microsecond=0)
SENDER = "warnings@weather.example"
ORDER = (
    "category", "event", "responseType", "urgency", "severity", "certainty", "effective", "onset",
    "expires", "senderName", "headline", "description", "instruction", "contact", "parameter",
    "area",
)  # fmt: skip
COUNTY_CODE = ("行政区划代码", "530199000000")


def moment(offset: timedelta = timedelta()) -> str:
    shown = (NOW + offset).astimezone(NOW.tzinfo)
    return shown.isoformat(timespec="seconds")


def area(
    description: str = "云岭县",
    codes: Iterable[tuple[str, str]] = (COUNTY_CODE,),
    shapes: str = "",
) -> str:
    geocodes = "".join(
        f"<geocode><valueName>{name}</valueName><value>{value}</value></geocode>"
        for name, value in codes
    )
    return f"<area><areaDesc>{description}</areaDesc>{shapes}{geocodes}</area>"


def info(language: str = "zh-CN", **changes: str) -> str:
    parts = {
        "category": "Met", "event": "山洪", "urgency": "Immediate", "severity": "Extreme",
        "certainty": "Likely", "expires": moment(timedelta(hours=3)), "senderName": "云岭县气象台",
        "headline": "云岭县气象台发布山洪灾害红色预警",
        "description": "预计未来三小时清水镇有特大暴雨，山洪灾害可能性极大。",
        "instruction": "请沿河群众立即转移到高处。", "area": area(),
    } | changes  # fmt: skip
    body = "".join(
        parts[name] if name == "area" else f"<{name}>{parts[name]}</{name}>"
        for name in sorted(parts, key=ORDER.index)
        if parts[name]
    )
    return f"<info><language>{language}</language>{body}</info>"


def message(
    identifier: str = "W-1",
    *infos: str,
    status: str = "Actual",
    msg_type: str = "Alert",
    scope: str = "Public",
    sender: str = SENDER,
    sent: str = "",
    references: str = "",
    more: str = "",
) -> bytes:
    written = "".join(infos) if infos else info()
    refers = f"<references>{references}</references>" if references else ""
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<alert xmlns="urn:oasis:names:tc:emergency:cap:1.2">'
        f"<identifier>{identifier}</identifier><sender>{sender}</sender>"
        f"<sent>{sent or moment(timedelta(minutes=-1))}</sent><status>{status}</status>"
        f"<msgType>{msg_type}</msgType><scope>{scope}</scope>{more}{refers}{written}</alert>"
    ).encode()


def reference(identifier: str = "W-1", sender: str = SENDER) -> str:
    return f"{sender},{identifier},{moment(timedelta(minutes=-1))}"


Identity = tuple[ec.EllipticCurvePrivateKey, x509.Certificate]


@cache
def authority() -> Identity:
    key = ec.generate_private_key(ec.SECP256R1())
    return key, _certificate("warning authority", key, None, is_ca=True)


@cache
def office(name: str = "weather office", *, days: int = 365) -> Identity:
    """A sender's own key, certified by the authority; ``days`` may be negative: it has ended."""
    key = ec.generate_private_key(ec.SECP256R1())
    return key, _certificate(name, key, authority(), is_ca=False, days=days)


@cache
def stranger() -> Identity:
    key = ec.generate_private_key(ec.SECP256R1())
    return key, _certificate("stranger", key, None, is_ca=False)


def _certificate(
    name: str,
    key: ec.EllipticCurvePrivateKey,
    issuer: Identity | None,
    *,
    is_ca: bool,
    days: int = 365,
) -> x509.Certificate:
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    made = x509.CertificateBuilder().subject_name(subject)
    made = made.issuer_name(issuer[1].subject if issuer else subject)
    made = made.public_key(key.public_key()).serial_number(x509.random_serial_number())
    made = made.not_valid_before(NOW - timedelta(days=400))
    made = made.not_valid_after(NOW + timedelta(days=days))
    made = made.add_extension(x509.BasicConstraints(is_ca, None), critical=True)
    return made.sign(issuer[0] if issuer else key, hashes.SHA256())


def signed(data: bytes, identity: Identity | None = None) -> bytes:
    key, certificate = identity or office()
    signer = XMLSigner(signature_algorithm=SignatureMethod.ECDSA_SHA256)
    pem = certificate.public_bytes(serialization.Encoding.PEM).decode("ascii")
    root = signer.sign(etree.fromstring(data), key=key, cert=pem)
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")

"""Who signed a message: its XML signature against the certificates that the county configured.

Two questions, kept apart. *Is the signature right?* If not, the message was altered or torn:
it is refused. *Do we know the signer?* The certificate must be a configured one, or be issued
directly by a configured authority, and be valid now. A message that is unsigned, of an unknown
signer, or signed in a way that cannot be checked (SHA-1, two signatures) may still be read by
two persons; only a known signer's can go out by a standing rule. What is read afterwards is
what the signature covers, never the document beside it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from cryptography import x509
from cryptography.exceptions import InvalidSignature as CertificateForgedError
from lxml import etree
from signxml.exceptions import InvalidSignature, SignXMLException
from signxml.verifier import SignatureConfiguration, XMLVerifier

from hub.cap.errors import CapRefusedError
from hub.cap.schema import SIGNATURE

if TYPE_CHECKING:
    from datetime import datetime

Standing = Literal["unsigned", "stranger", "known"]
_TAG = f"{{{SIGNATURE}}}Signature"
_CERTIFICATE = f".//{{{SIGNATURE}}}X509Certificate"
_AT_THE_TOP = SignatureConfiguration(location="./")
"""The signature is a child of the alert; SHA-1 is refused by the library's defaults."""


@dataclass(frozen=True, slots=True)
class Signed:
    """What may be read, and who stands for it."""

    root: etree._Element
    standing: Standing
    signer: str = ""
    """The certificate's subject, for people."""


def check_signature(
    root: etree._Element, anchors: tuple[x509.Certificate, ...], now: datetime
) -> Signed:
    """The part of a message that its signature covers, and whether we know the signer.

    Raises:
        CapRefusedError: it carries a signature that is not right.
    """
    signatures = list(root.iterchildren(_TAG))
    if not signatures:
        return Signed(root, "unsigned")
    if len(signatures) > 1:
        return Signed(root, "stranger", "两个以上签名，无法核对 / several signatures")
    carried = _carried(signatures[0])
    if carried:
        return _by_certificate(root, carried[0], anchors, now)
    return _by_bare_key(root, anchors, now)


def _by_certificate(
    root: etree._Element,
    signer: x509.Certificate,
    anchors: tuple[x509.Certificate, ...],
    now: datetime,
) -> Signed:
    name = signer.subject.rfc4514_string()
    covered = _covered(root, signer)
    if covered is None:
        return Signed(root, "stranger", f"{name}（签名算法太弱，无法核对 weak algorithm）")
    trusted = [each for each in anchors if _is_valid(each, now)]
    known = signer in trusted or any(_issued(each, signer) for each in trusted)
    return Signed(covered, "known" if known and _is_valid(signer, now) else "stranger", name)


def _by_bare_key(
    root: etree._Element, anchors: tuple[x509.Certificate, ...], now: datetime
) -> Signed:
    """A signature that carries no certificate: only a configured one can vouch for it."""
    for anchor in anchors:
        try:
            covered = _covered(root, anchor)
        except CapRefusedError:
            continue
        if covered is not None and _is_valid(anchor, now):
            return Signed(covered, "known", anchor.subject.rfc4514_string())
    return Signed(root, "stranger", "签名没有带证书，无法核对 / no certificate in it")


def _carried(signature: etree._Element) -> list[x509.Certificate]:
    """The certificates inside the signature, the signer's own first."""
    found = []
    for each in signature.iterfind(_CERTIFICATE):
        body = "".join((each.text or "").split())
        pem = f"-----BEGIN CERTIFICATE-----\n{body}\n-----END CERTIFICATE-----\n"
        try:
            found.append(x509.load_pem_x509_certificate(pem.encode("utf-8")))
        except ValueError as error:
            raise _wrong("签名里的证书读不出", "a certificate in it cannot be read") from error
    return found


def _covered(root: etree._Element, certificate: x509.Certificate) -> etree._Element | None:
    """The alert that this certificate's key signed; None if it cannot be checked (weak).

    Many senders sign a compact document and lay it out for reading afterwards; blanks between
    elements mean nothing in CAP, so the compact form is tried when the laid-out one fails.

    Raises:
        CapRefusedError: the signature is not right or covers something else.
    """
    try:
        try:
            found = _verified(root, certificate)
        except InvalidSignature:
            found = _verified(_compact(root), certificate)
    except (InvalidSignature, etree.LxmlError, ValueError, TypeError) as error:
        raise _wrong("与内容不符", str(error)[:120] or "it does not fit the content") from error
    except SignXMLException:
        return None
    if found is None or found.tag != root.tag:
        raise _wrong("没有覆盖整个报文", "it does not cover the whole alert")
    return found


def _verified(root: etree._Element, certificate: x509.Certificate) -> etree._Element | None:
    found = XMLVerifier().verify(root, x509_cert=certificate, expect_config=_AT_THE_TOP)
    return None if isinstance(found, list) else found.signed_xml


def _compact(root: etree._Element) -> etree._Element:
    parser = etree.XMLParser(remove_blank_text=True, resolve_entities=False, no_network=True)
    return etree.fromstring(etree.tostring(root), parser)


def _issued(authority: x509.Certificate, certificate: x509.Certificate) -> bool:
    """Whether the authority signed the certificate and may sign certificates at all."""
    try:
        constraints = authority.extensions.get_extension_for_class(x509.BasicConstraints).value
        certificate.verify_directly_issued_by(authority)
    except (x509.ExtensionNotFound, ValueError, TypeError, CertificateForgedError):
        return False
    return constraints.ca


def _is_valid(certificate: x509.Certificate, now: datetime) -> bool:
    return certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc


def _wrong(zh: str, en: str) -> CapRefusedError:
    return CapRefusedError(
        "signature",
        f"报文的数字签名不对（{zh}），可能被改动，不接收",
        f"the signature is not right: {en}",
    )

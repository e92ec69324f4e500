"""Enrolling a box: keys made on the box, a question to the hub, settings written at the end.

Every step can be cut and run again: the keys are kept, the hub gives the same answer to the
same key, and ``agent.toml`` appears last, so a half-enrolled box never starts.
"""

from __future__ import annotations

import json
import os
import platform
import ssl
import urllib.error
import urllib.request
from typing import TYPE_CHECKING, Any

import tomli_w
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from contract import codec, enrolment, envelope, wire
from contract.enrolment import EnrolAnswer, EnrolQuestion, Ticket
from contract.errors import ContractError
from contract.keys import Trust
from edge_agent import settings as settings_module
from provisioning.errors import EnrolError

if TYPE_CHECKING:
    from pathlib import Path

TIMEOUT_S = 20
MAX_ANSWER_BYTES = 256 * 1024


def read_ticket(path: Path, expected_fingerprint: str = "") -> Ticket:
    """Open a ticket and believe it only with the right roots.

    The ticket carries the key set that the box will pin, so its own signature proves that it
    is whole; that it comes from *this* county is proven by the fingerprint on the work order.

    Raises:
        EnrolError: not a ticket, torn, or of another county.
    """
    try:
        ticket = _opened(path.read_bytes())
    except (OSError, ValueError) as error:
        raise EnrolError(f"票据无效 the ticket is not valid: {error}", "bad_ticket") from error
    found = enrolment.fingerprint(Trust.first(ticket.key_set).keys)
    if expected_fingerprint and found != expected_fingerprint:
        raise EnrolError(
            f"指纹不符,不是本县的票据 fingerprint is {found}: not this county's ticket", "stranger"
        )
    return ticket


def _opened(data: bytes) -> Ticket:
    sealed = envelope.parse(data)
    if sealed.type != "ticket":
        raise ContractError(f"expected a ticket, got {sealed.type[:20]!r}")
    ticket = codec.decode(Ticket, wire.loads(sealed.content()))
    Trust.first(ticket.key_set).verify(sealed)
    return ticket


def enrol(ticket: Ticket, state: Path, run: Path) -> Path:
    """Make the keys, ask the hub, and write ``agent.toml``; returns its path.

    Raises:
        EnrolError: the hub refused or cannot be reached; running it again is safe.
    """
    state.mkdir(mode=0o700, parents=True, exist_ok=True)
    key = _device_key(state / "device.key")
    answer = ask(ticket, _request(ticket.box, key))
    _keep(state / "device.pem", answer.certificate_pem)
    _keep(state / "hub-ca.pem", answer.ca_pem)
    if answer.password:
        _keep(state / "broker.password", answer.password)
    _keep(state / "link" / "keys", ticket.key_set.decode("ascii"))
    if answer.feedback_key_b64:
        _keep(state / "kiosk" / "hub_feedback_key", answer.feedback_key_b64)
    path = state / "agent.toml"
    _keep(path, tomli_w.dumps(settings_of(ticket, answer, state, run)))
    settings_module.load(path)
    return path


def ask(ticket: Ticket, csr_pem: str) -> EnrolAnswer:
    """Put the question to the hub.

    Raises:
        EnrolError: with the hub's own word and sentence when it refuses.
    """
    question = EnrolQuestion(
        ticket.box, csr_pem, enrolment.proof(ticket.secret_hex, ticket.box, csr_pem), _facts()
    )
    request = urllib.request.Request(  # noqa: S310 - the address is the signed ticket's
        f"{ticket.hub.rstrip('/')}/enrol/v1",
        data=wire.dumps(codec.encode(question)),
        headers={"Content-Type": "application/json"},
    )
    context = ssl.create_default_context(cadata=ticket.hub_ca_pem) if ticket.hub_ca_pem else None
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT_S, context=context) as reply:  # noqa: S310 - as above
            body = reply.read(MAX_ANSWER_BYTES)
    except urllib.error.HTTPError as error:
        raise _refusal(error) from error
    except OSError as error:
        raise EnrolError(
            f"连不上县平台 cannot reach {ticket.hub}: {error}; 查网络后重试 check and try again",
            "no_network",
        ) from error
    return codec.decode(EnrolAnswer, wire.loads(body))


def settings_of(ticket: Ticket, answer: EnrolAnswer, state: Path, run: Path) -> dict[str, Any]:
    """The contents of ``agent.toml``: what the county planned, and where things lie here."""
    box = {
        "id": ticket.box,
        "area": ticket.area,
        "village": ticket.village,
        "groups": list(ticket.groups),
        "office_line": ticket.office_line,
        "state": str(state),
        "run": str(run),
    }
    link = {
        "broker": answer.broker,
        "password_file": str(state / "broker.password") if answer.password else "",
        "ca_file": str(state / "hub-ca.pem") if answer.broker.startswith("mqtts") else "",
        "certificate_file": str(state / "device.pem"),
        "key_file": str(state / "device.key"),
        "assets": answer.assets,
    }
    return {**ticket.settings, "box": box, "link": {**link, **ticket.settings.get("link", {})}}


def _device_key(path: Path) -> ec.EllipticCurvePrivateKey:
    """The box's own P-256 key: made here, never leaves."""
    if path.exists():
        key = serialization.load_pem_private_key(path.read_bytes(), password=None)
        if isinstance(key, ec.EllipticCurvePrivateKey):
            return key
        raise EnrolError(f"{path} 不是本机密钥,删除后重试 is not our key: remove it", "bad_key")
    key = ec.generate_private_key(ec.SECP256R1())
    pem = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    _keep(path, pem.decode("ascii"))
    return key


def _request(box: str, key: ec.EllipticCurvePrivateKey) -> str:
    """A certificate request; signing is randomised, so the hub knows a box by its key."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, box)])
    request = x509.CertificateSigningRequestBuilder().subject_name(name).sign(key, hashes.SHA256())
    return request.public_bytes(serialization.Encoding.PEM).decode("ascii")


def _keep(path: Path, text: str) -> None:
    """Write a file that only its owner reads; it is whole on the disk or not there."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    os.fsync(folder)
    os.close(folder)


def _facts() -> dict[str, str]:
    return {"machine": platform.machine(), "system": platform.platform()}


def _refusal(error: urllib.error.HTTPError) -> EnrolError:
    try:
        found = json.loads(error.read(MAX_ANSWER_BYTES))
        return EnrolError(str(found["message"]), str(found["code"]))
    except (ValueError, KeyError, TypeError):
        return EnrolError(
            f"县平台答复 hub answered {error.code}; 联系县里 call the county", "refused"
        )

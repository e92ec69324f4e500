"""The broker's address and the credentials of this box, from the settings."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from edge_agent.errors import SettingsError

NO_CHECK_TIME = 0x200000
"""X509_V_FLAG_NO_CHECK_TIME of OpenSSL, which `ssl` has no name for."""

if TYPE_CHECKING:
    from edge_agent.settings import LinkSettings


@dataclass(frozen=True, slots=True)
class Address:
    """Where to connect, and how."""

    host: str
    port: int
    password: str | None
    tls: ssl.SSLContext | None


def parse(link: LinkSettings) -> Address:
    """Read the address and the files it names.

    Raises:
        SettingsError: with what is wrong and which setting to change.
    """
    try:
        parts = urlsplit(link.broker)
        port = parts.port
    except ValueError as error:
        raise SettingsError([f"link.broker: {error}"]) from error
    if parts.scheme not in ("mqtt", "mqtts") or not parts.hostname:
        raise SettingsError(["link.broker: write mqtt://host:port or mqtts://host:port"])
    is_tls = parts.scheme == "mqtts"
    return Address(
        parts.hostname,
        port or (8883 if is_tls else 1883),
        _password(link.password_file),
        trusting(link) if is_tls else None,
    )


def _password(name: str) -> str | None:
    if not name:
        return None
    try:
        return Path(name).read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError([f"link.password_file: {error}"]) from error


def trusting(link: LinkSettings, *, also_public: bool = False) -> ssl.SSLContext:
    """What this box trusts and shows: the county's authority alone, and its own certificate.

    ``also_public`` adds the authorities of the system, for a web site that everybody visits.

    Certificates' times are not asked about: a box without a battery wakes up in 1970 and learns
    the time from the hub, over this very connection. What counts is signed end to end.
    """
    try:
        context = ssl.create_default_context(cafile=link.ca_file or None)
        if also_public and link.ca_file:
            context.load_default_certs()
        if link.certificate_file:
            context.load_cert_chain(link.certificate_file, link.key_file or None)
    except (OSError, ssl.SSLError) as error:
        raise SettingsError([f"link.ca_file, certificate_file, key_file: {error}"]) from error
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if link.ca_file:
        context.verify_flags |= NO_CHECK_TIME
    return context

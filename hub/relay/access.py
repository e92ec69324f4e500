"""What the hubs below may do at our brokers, and whose certificates are no longer good."""

from __future__ import annotations

from contract.areas import Area
from hub.broker.files import Account
from hub.relay.models import Child, EndedCertificate


def accounts() -> list[Account]:
    """What the hubs below may do at our broker: read what concerns their area, and report."""
    return [
        Account(child.id, child.password_hash, Area.parse(child.area).path(), is_hub=True)
        for child in Child.objects.filter(dismissed_at=None)
    ]


def ended_certificates() -> list[str]:
    """Certificates (PEM) of hubs that were shut out or got a newer one."""
    return list(EndedCertificate.objects.values_list("pem", flat=True))

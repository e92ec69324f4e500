"""MQTT topics: the one place where they are spelled. ``vn1`` is the wire version.

Down: ``g`` is an area, a single box among them; ``d`` the talk with a box. Up: everything a box
says stands under ``d/<box>/up``, and what a hub says to the hub above it under ``h/<hub>/up``.
Messages of one content hash never change, so blobs are retained under their hash.
"""

from __future__ import annotations

import re

from contract.areas import BOX_ID, Area
from contract.errors import ContractError

VERSION = "vn1"
KEYS = f"{VERSION}/all/keys"
HUB = f"{VERSION}/all/hub"
HUBS = f"{VERSION}/h/"
"""How everything begins that hubs say to the hub above them."""
_BOX = re.compile(BOX_ID, re.ASCII)
_SHA256 = re.compile(r"[0-9a-f]{64}", re.ASCII)


def check_box_id(box_id: str) -> str:
    """Return ``box_id`` if it may stand in a topic and in a certificate's name.

    Raises:
        ContractError: anything but lower-case letters, digits and hyphens, 40 at most.
    """
    if _BOX.fullmatch(box_id) is None:
        raise ContractError(f"not a box id: {box_id[:40]!r} (a-z, 0-9, '-')")
    return box_id


def key_set(version: int) -> str:
    """Retained key set of one version, so that a box that was away walks the chain in order."""
    return f"{KEYS}/{version}"


def area_manifest(area: Area) -> str:
    """Retained, signed manifest of one area."""
    return f"{VERSION}/g/{area}/man"


def area_delta(area: Area) -> str:
    """Signed change between two manifests of an area, not retained, with a message expiry."""
    return f"{VERSION}/g/{area}/delta"


def area_alert(area: Area) -> str:
    """Signed emergency, not retained, with a message expiry."""
    return f"{VERSION}/g/{area}/alert"


def area_live(area: Area) -> str:
    """Live speech: a signed opening and its frames, not retained, gone after seconds."""
    return f"{VERSION}/g/{area}/live"


def area_blob(area: Area, sha256: str) -> str:
    """Retained content (a signed notice, a recording) under its hash."""
    if _SHA256.fullmatch(sha256) is None:
        raise ContractError("not a sha256 in lower-case hex")
    return f"{VERSION}/g/{area}/b/{sha256}"


def area_keys(area: Area, version: int) -> str:
    """Retained key set of a hub above, passed on so that hubs below walk its chain, too."""
    return f"{VERSION}/g/{area}/keys/{version}"


def area_all(area: Area) -> str:
    """Everything of one area, for the access list."""
    return f"{VERSION}/g/{area}/#"


def box_down(box_id: str, what: str) -> str:
    """Hub to one box: ``ack`` (outbox), ``time`` (answer to a nonce), ``answer`` (feedback)."""
    return f"{VERSION}/d/{check_box_id(box_id)}/{what}"


def box_up(box_id: str, what: str) -> str:
    """One box to the hub: ``state`` (retained, also the last will), ``events``, ``nonce``."""
    return f"{VERSION}/d/{check_box_id(box_id)}/up/{what}"


def uplink() -> str:
    """What the hub subscribes to."""
    return f"{VERSION}/d/+/up/#"


def uplinks(what: str) -> str:
    """The same of every box."""
    return f"{VERSION}/d/+/up/{what}"


def acknowledgements() -> str:
    """``ack`` of every box, for the access list."""
    return f"{VERSION}/d/+/ack"


def hub_up(hub: str, what: str) -> str:
    """One hub to the hub above: ``report`` (retained, also the last will)."""
    return f"{VERSION}/h/{check_box_id(hub)}/up/{what}"


def hub_uplink() -> str:
    """What a hub subscribes to for the hubs below it."""
    return f"{VERSION}/h/+/up/#"


def area_of(topic: str) -> tuple[Area, str, str]:
    """Area, word (``man``, ``alert``, ``live``, ``b``) and blob hash (or "") of an area topic.

    Raises:
        ContractError: the topic is not one of an area.
    """
    parts = topic.split("/")
    if parts[:2] != [VERSION, "g"] or len(parts) not in (4, 5):
        raise ContractError(f"not a topic of an area: {topic[:80]!r}")
    area, word, sha256 = Area.parse(parts[2]), parts[3], "".join(parts[4:])
    if (word == "b") != (len(parts) == 5) or (sha256 and _SHA256.fullmatch(sha256) is None):
        raise ContractError(f"not a topic of an area: {topic[:80]!r}")
    return area, word, sha256


def box_of(topic: str) -> tuple[str, str]:
    """Box id and last word of an uplink topic.

    Raises:
        ContractError: the topic is not ``vn1/d/<box>/up/<what>``.
    """
    return _speaker_of(topic, "d")


def hub_of(topic: str) -> tuple[str, str]:
    """Id and last word of the uplink topic of a hub below.

    Raises:
        ContractError: the topic is not ``vn1/h/<hub>/up/<what>``.
    """
    return _speaker_of(topic, "h")


def _speaker_of(topic: str, kind: str) -> tuple[str, str]:
    parts = topic.split("/")
    if len(parts) != 5 or parts[0] != VERSION or parts[1] != kind or parts[3] != "up":
        raise ContractError(f"not an uplink topic: {topic[:80]!r}")
    return check_box_id(parts[2]), parts[4]

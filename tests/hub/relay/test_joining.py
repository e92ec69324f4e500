"""Who may join whom, whose keys enter the key set, and what a hub below may do at our broker."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from django.conf import settings
from django.utils import timezone

from contract import topics
from contract.areas import Area
from contract.keys import PrivateKey
from contract.manifest import Item, Manifest
from contract.messages import seal_message, sha256_hex
from contract.relay import HubReport, ItemCount, JoinRequest
from contract.uplink import LayerState
from hub.accounts import create_upper_hub
from hub.broker.files import BrokerFiles
from hub.dispatch import manifests
from hub.dispatch.key_sets import current_key_set
from hub.dispatch.models import Layer
from hub.ledger.models import FleetAlarm
from hub.places.codes import PlacePathError
from hub.relay import access, children, joining, passing, reporting
from hub.relay.delegation import delegated, opened, trust_above
from hub.relay.models import AncestorKeys, Child, ChildDelivery, Parent
from hub.sealing.seal import keyring
from tests.hub.relay.conftest import COUNTY, HubAbove

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.conftest import TestBroker
    from tests.hub.conftest import Desk

TOWN_HUB = "hub-530199001"


class Nowhere:
    """A broker that nobody asks."""

    address = "mqtt://127.0.0.1:1"
    port = 1


@pytest.fixture
def folder(tmp_path: Path, people: Desk) -> Iterator[Path]:  # noqa: ARG001 - there is a county
    yield tmp_path
    for path in (settings.DATA.keys / joining.FOLDER).glob("*"):
        path.unlink()


def _above(area: str) -> HubAbove:
    broker: TestBroker = Nowhere()  # type: ignore[assignment] # only its address is asked for
    return HubAbove(area, broker)


def _listed() -> set[str]:
    return {key.key_id for key in opened(current_key_set().body).keys}


def test_joining_brings_the_keys_of_the_hub_above_and_leaving_takes_them_away(folder: Path) -> None:
    province = _above("53")
    joining.join(province.answer(folder), {})
    assert {province.target.key_id, province.first.key_id} <= _listed()
    assert not {root.key_id for root in province.roots} & _listed()
    assert {key.holder for key in delegated()} == {
        "53.target", "53.content", "53.first", "53.second",
    }  # fmt: skip
    assert joining.leave()
    assert province.target.key_id not in _listed()
    assert not joining.leave()


@pytest.mark.parametrize("area", ["530199", "5302", "51", "530199001"])
def test_a_hub_that_is_not_above_is_refused_so_no_hub_is_its_own_ancestor(
    folder: Path, area: str
) -> None:
    with pytest.raises(children.RelayError):
        joining.join(_above(area).answer(folder), {})
    with pytest.raises(children.RelayError):
        joining.join(_above("53").answer(folder, _above(area)), {})
    assert not Parent.objects.exists()


def test_an_answer_is_believed_only_with_the_right_fingerprint_and_whole(folder: Path) -> None:
    province = _above("53")
    answer = province.answer(folder)
    with pytest.raises(children.RelayError, match="指纹"):
        joining.join(answer, {"53": "0000-0000-0000-0000-0000-0000"})
    digits = joining.read_answer(answer)[1]["53"]
    with pytest.raises(children.RelayError):
        joining.join(_above("53").answer(folder), {"53": digits})
    torn = answer.replace(b'"t":"ticket"', b'"t":"notice"')
    with pytest.raises(children.RelayError):
        joining.join(torn, {})
    joining.join(answer, {"53": digits})
    with pytest.raises(children.RelayError, match="已有上级"):
        joining.join(_above("5301").answer(folder), {})


def test_a_hub_between_can_add_no_key_that_speaks_for_the_hub_above_it(folder: Path) -> None:
    """Nor one for less than the county, nor one that the county has already."""
    province, city = _above("53"), _above("5301")
    city.area = "53"  # its key set claims the province
    city.renew()
    claimed = city.target
    city.area = "5301"
    joining.join(city.answer(folder, province), {})
    assert claimed.key_id not in _listed()
    assert province.target.key_id in _listed()

    city.renew(target=PrivateKey.generate())
    AncestorKeys.objects.filter(area="5301").update(body=city.key_set)
    assert city.target.key_id in _listed()
    believed = trust_above(opened(current_key_set().body)).keys.keys
    assert all(Area.parse(key.area).covers(COUNTY) and key.area != str(COUNTY) for key in believed)
    assert keyring().target.key_id not in {key.key_id for key in believed}


@pytest.mark.usefixtures("folder")
def test_only_a_hub_of_an_area_below_is_admitted_and_each_area_once() -> None:
    asked = joining.read_request(joining.request())
    with pytest.raises(children.RelayError):
        children.admit(asked, ("mqtt://127.0.0.1:1",), "")  # the county itself
    with pytest.raises(children.RelayError):
        joining.read_request(b'{"hub":"hub-530199","area":"x"}')
    town = _request()
    children.admit(town, ("mqtts://127.0.0.1:1",), "")
    for area in (town.area, "530199001001-3", "530199001001@box-1"):
        other = JoinRequest("hub-other", area, "另一个", town.csr_pem)
        with pytest.raises(children.RelayError):
            children.admit(other, ("mqtts://127.0.0.1:1",), "")
    with pytest.raises(PlacePathError):
        create_upper_hub("53", name="某省")  # this hub is a county's


@pytest.mark.usefixtures("folder")
def test_a_hub_below_reads_its_path_and_writes_its_own_reports_until_it_is_dismissed() -> None:
    children.admit(_request(), ("mqtts://127.0.0.1:1",), "")
    rules = _rules()
    assert rules == {
        "topic read vn1/all/#", "topic read vn1/g/53/#", "topic read vn1/g/5301/#",
        "topic read vn1/g/530199/#", "topic read vn1/g/530199001/#",
        f"topic write vn1/h/{TOWN_HUB}/up/+",
    }  # fmt: skip
    children.admit(_request(), ("mqtts://127.0.0.1:1",), "")  # a new certificate
    assert len(access.ended_certificates()) == 1
    assert children.dismiss(TOWN_HUB)
    assert _rules() == set()
    assert len(access.ended_certificates()) == 2
    assert not children.dismiss(TOWN_HUB)


@pytest.mark.usefixtures("folder")
def test_reports_from_below_are_counted_and_heal_both_sides() -> None:
    children.admit(_request(), ("mqtts://127.0.0.1:1",), "")
    manifests.seal_layer("530199", at_least=(1, 4))
    layer = Layer.objects.get(area="530199")
    has_it = {"530199": LayerState(*layer.version, complete=True)}
    assert _report(layers=has_it) == (set(), set())
    child = Child.objects.get()
    assert child.is_online
    assert child.report["boxes"] == 400
    assert ChildDelivery.objects.get().stored == 398
    assert _report() == (set(), {"530199"})
    assert _report(layers={"530199": LayerState(1, 9, complete=True)}) == ({"530199"}, set())
    assert Layer.objects.get(area="530199").version == (1, 10)
    assert FleetAlarm.objects.get().kind == "hub_restored"
    far = {"530199": LayerState(1, 9_000_000, complete=True)}
    assert _report(layers=far) == (set(), set())
    assert _report(online=False) == (set(), set())
    assert not Child.objects.get().is_online
    assert Child.objects.get().report["boxes"] == 400


def test_a_hub_between_adds_what_the_hubs_below_it_have_counted(folder: Path) -> None:
    province = _above("53")
    joining.join(province.answer(folder), {})
    notice = province.notice("P1", "53")
    body = seal_message(notice, province.content)
    item = Item("P1", 1, sha256_hex(body), len(body))
    manifest = Manifest("53", 1, 1, timezone.now(), (item,))
    sealed = seal_message(manifest, province.target)
    passing.pass_on_layer(manifest, sealed, {item.sha256: notice}, {item.sha256: body})
    children.admit(_request(), ("mqtts://127.0.0.1:1",), "")
    assert reporting.made(online=True).items == (ItemCount("P1", 1, 0),)
    _report()
    found = reporting.made(online=True)
    assert found.items == (ItemCount("P1", 1, 400, stored=398),)
    assert (found.boxes, found.boxes_online) == (400, 390)
    assert found.layers == {"53": LayerState(1, 1, complete=True, digest=sha256_hex(sealed)[:16])}


def _report(
    *, online: bool = True, layers: dict[str, LayerState] | None = None
) -> tuple[set[str], set[str]]:
    items = (ItemCount("P1", 1, 400, stored=398),)
    report = HubReport(TOWN_HUB, online, timezone.now(), 400, 390, 1, layers, items)
    return children.take_report(report)


def _request() -> JoinRequest:
    """The request of a town's hub, with a key of its own."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, TOWN_HUB)])
    key = ec.generate_private_key(ec.SECP256R1())
    csr = x509.CertificateSigningRequestBuilder().subject_name(name).sign(key, hashes.SHA256())
    pem = csr.public_bytes(serialization.Encoding.PEM).decode()
    return JoinRequest(TOWN_HUB, "530199001", "清水镇", pem)


def _rules() -> set[str]:
    """What the access list says of the town's hub."""
    text = BrokerFiles(settings.DATA.root / "broker").access.read_text(encoding="ascii")
    parts = text.split(f"user {TOWN_HUB}\n")
    return set(parts[1].split("\n\n")[0].split("\n")) - {""} if len(parts) > 1 else set()


def test_topics_of_hubs_are_spelled_once() -> None:
    topic = topics.hub_up(TOWN_HUB, "report")
    assert topic.startswith(topics.HUBS)
    assert topics.hub_of(topic) == (TOWN_HUB, "report")
    assert topics.area_keys(Area("53"), 3) == "vn1/g/53/keys/3"

"""``village-hub relay``: joining the hub above, admitting hubs below, and how things stand."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from contract.enrolment import fingerprint
from contract.errors import VillageError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

    from hub.relay.models import Child

    Commands = argparse._SubParsersAction[argparse.ArgumentParser]  # noqa: SLF001 - argparse has no public name for it
    Opener = Callable[[Path], None]


class RelayUsageError(VillageError, ValueError):
    """An option is not written as it should be."""


def add_arguments(parser: argparse.ArgumentParser, open_hub: Opener, data: Path) -> None:
    """The subcommands of ``village-hub relay``."""
    commands = parser.add_subparsers(metavar="STEP", required=True)

    def add(
        name: str, text: str, act: Callable[[argparse.Namespace], int]
    ) -> argparse.ArgumentParser:
        def opened(arguments: argparse.Namespace) -> int:
            open_hub(arguments.data)
            return act(arguments)

        command: argparse.ArgumentParser = commands.add_parser(name, help=text, description=text)
        command.set_defaults(act=opened)
        command.add_argument(
            "--data", type=Path, default=data, metavar="DIR", help=f"the hub's data ({data})"
        )
        return command

    command = add("request", "at the lower hub: write a request to join", _request)
    command.add_argument("--out", type=Path, required=True, metavar="FILE", help="to carry up")
    command = add("admit", "at the upper hub: let the hub of a request join", _admit)
    command.add_argument("file", type=Path, metavar="REQUEST")
    command.add_argument("--out", type=Path, required=True, metavar="FILE", help="to carry back")
    command.add_argument(
        "--broker", action="append", required=True, metavar="URL",
        help="mqtts://host:port under which the lower hub reaches our broker (repeatable)",
    )  # fmt: skip
    command.add_argument("--files", default="", metavar="URL", help="https://host:port/b/")
    command = add("join", "at the lower hub: take the answer in", _join)
    command.add_argument("file", type=Path, metavar="ANSWER")
    command.add_argument(
        "--fingerprint", action="append", default=[], metavar="AREA=DIGITS",
        help="roots of a hub above, as it gave them out; without it they are shown and not checked",
    )  # fmt: skip
    add("status", "the hub above, the hubs below, and how far each notice came", _status)
    add("leave", "at the lower hub: pass nothing on any more", _leave)
    command = add("dismiss", "at the upper hub: shut a lower hub out", _dismiss)
    command.add_argument("hub", metavar="HUB", help="its id, e.g. hub-530199")


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")


def _request(arguments: argparse.Namespace) -> int:
    from hub.relay import joining  # noqa: PLC0415 - needs the open hub

    arguments.out.write_bytes(joining.request())
    _say(f"✓ {arguments.out}：请交上级平台 relay admit / carry it to the hub above")
    return 0


def _admit(arguments: argparse.Namespace) -> int:
    from hub.relay import children, joining  # noqa: PLC0415 - needs the open hub

    request = joining.read_request(arguments.file.read_bytes())
    answer = children.admit(request, tuple(arguments.broker), arguments.files)
    arguments.out.write_bytes(answer)
    _say(f"✓ {request.hub}（{request.name}）已接纳 admitted → {arguments.out}")
    for area, digits in joining.read_answer(answer)[1].items():
        _say(f"  {area} 根指纹 roots: {digits}（请另行告知下级 tell it apart from the file）")
    return 0


def _join(arguments: argparse.Namespace) -> int:
    from hub.relay import joining  # noqa: PLC0415 - needs the open hub
    from hub.relay.delegation import delegated  # noqa: PLC0415 - as above
    from hub.sealing.publishing import present_trust  # noqa: PLC0415 - as above

    data = arguments.file.read_bytes()
    expected = dict(_pair(each) for each in arguments.fingerprint)
    parent = joining.join(data, expected)
    for area, digits in joining.read_answer(data)[1].items():
        mark = "✓" if area in expected else "？请与上级核对 compare with the hub above"
        _say(f"  {area} 根指纹 roots: {digits} {mark}")
    _say(f"✓ 已加入 {parent.name}（{parent.area}），称为 as {parent.hub}")
    _say("→ 请重启本平台 restart this hub")
    present = present_trust()
    listed = {key.key_id for key in present.keys.keys} if present is not None else set()
    if any(key.key_id not in listed for key in delegated()):
        _say("→ 根密钥在保险柜：请 keys renew、sign、publish，之后终端才认上级")
        _say("  the roots are in their safe: boxes believe the hub above after a ceremony")
    return 0


def _pair(text: str) -> tuple[str, str]:
    area, _, digits = text.partition("=")
    if not area or not digits:
        raise RelayUsageError(f"--fingerprint {text!r}: 应写成 区划=指纹 write AREA=DIGITS")
    return area, digits


def _status(_arguments: argparse.Namespace) -> int:
    from hub.relay.delegation import ancestors  # noqa: PLC0415 - needs the open hub
    from hub.relay.models import Child, HeardLayer, Parent  # noqa: PLC0415 - as above

    parent = Parent.objects.first()
    if parent is None:
        _say("上级平台 hub above: 无 none")
    else:
        state = "在线 connected" if parent.is_up else "未连通 away"
        since = f"{parent.changed_at:%Y-%m-%d %H:%M:%S}" if parent.changed_at else "—"
        _say(f"上级平台 hub above: {parent} {state} since {since}")
        for area, keys in ancestors().items():
            _say(f"  {area} 密钥集 key set {keys.version} {fingerprint(keys)}")
        for layer in HeardLayer.objects.exclude(body=b""):
            _say(f"  转发 passing on: {layer}")
    for child in Child.objects.all():
        _say_child(child)
    return 0


def _say_child(child: Child) -> None:
    state = "已除名 dismissed" if child.dismissed_at else (
        "在线 connected" if child.is_online else "未连通 away"
    )  # fmt: skip
    online, boxes = child.report.get("boxes_online", 0), child.report.get("boxes", 0)
    _say(f"下级平台 hub below: {child} {state}，终端 boxes {online}/{boxes}")
    for each in child.deliveries.order_by("-said_at", "-item_id")[:20]:
        _say(
            f"  {each.item_id}@{each.revision}: 送达 stored {each.stored}/{each.boxes}，"
            f"已显示 shown {each.shown}，已播 spoken {each.spoken}，拒收 refused {each.refused}"
        )
    for fault in child.report.get("faults", ()):
        _say(f"  ! {fault}")


def _leave(_arguments: argparse.Namespace) -> int:
    from hub.relay import joining  # noqa: PLC0415 - needs the open hub

    left = joining.leave()
    _say("✓ 已退出上级平台 left" if left else "没有上级平台 there is no hub above")
    return 0 if left else 1


def _dismiss(arguments: argparse.Namespace) -> int:
    from hub.relay import children  # noqa: PLC0415 - needs the open hub

    found = children.dismiss(arguments.hub)
    _say(f"✓ {arguments.hub} 已除名 dismissed" if found else "没有这个下级平台 no such hub below")
    return 0 if found else 1

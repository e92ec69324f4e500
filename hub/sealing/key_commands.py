"""``village-hub keys``: the steps of a key ceremony, one command each.

``init-root``, ``show``, ``sign`` and ``drill`` need no hub and no network: they run where the
root holders meet. ``first``, ``renew``, ``rotate``, ``revoke`` and ``publish`` run at the hub.
"""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from contract.algorithms import ALGORITHMS, ED25519, SM2
from hub.sealing import ceremony, drills

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

    from contract.keys import KeySet
    from hub.sealing.keyring import Keyring

    Commands = argparse._SubParsersAction[argparse.ArgumentParser]  # noqa: SLF001 - argparse has no public name for it
    Opener = Callable[[Path], None]


WORKING = "working"


def add_arguments(parser: argparse.ArgumentParser, open_hub: Opener, data: Path) -> None:
    """The subcommands of ``village-hub keys``."""
    commands = parser.add_subparsers(metavar="STEP", required=True)
    _add_offline(commands)
    _add_at_hub(commands, open_hub, data)


def _add(
    commands: Commands, name: str, text: str, act: Callable[[argparse.Namespace], int]
) -> argparse.ArgumentParser:
    command = commands.add_parser(name, help=text, description=text)
    command.set_defaults(act=act)
    return command


def _add_offline(commands: Commands) -> None:
    command = _add(commands, "init-root", "make one root key on its holder's medium", _init_root)
    command.add_argument("--into", type=Path, required=True, metavar="FILE", help="the new key")
    command.add_argument("--holder", required=True, metavar="NAME", help="who keeps it")
    command.add_argument("--sm2", action="store_true", help="SM2 instead of Ed25519")
    command = _add(commands, "show", "read a proposal or key set before signing it", _show)
    command.add_argument("file", type=Path, metavar="FILE")
    command = _add(commands, "sign", "sign a proposal with one root; no network needed", _sign)
    command.add_argument("file", type=Path, metavar="FILE", help="the proposal, signed in place")
    command.add_argument("--root", type=Path, required=True, metavar="KEY", help="the root's file")
    command = _add(commands, "drill", "rehearse with throw-away keys, step by step", _drill)
    command.add_argument("which", choices=sorted(drills.DRILLS), help="what to rehearse")
    command.add_argument("--sm2", action="store_true", help="SM2 for every key instead of Ed25519")


def _add_at_hub(commands: Commands, open_hub: Opener, data: Path) -> None:
    def at_hub(
        name: str, text: str, act: Callable[[argparse.Namespace], int], *, writes: bool = True
    ) -> argparse.ArgumentParser:
        def opened(arguments: argparse.Namespace) -> int:
            open_hub(arguments.data)
            return act(arguments)

        command = _add(commands, name, text, opened)
        command.add_argument(
            "--data", type=Path, default=data, metavar="DIR", help=f"the hub's data ({data})"
        )
        if writes:
            command.add_argument(
                "--out", type=Path, required=True, metavar="FILE", help="the proposal to carry"
            )
        return command

    command = at_hub("first", "propose the first key set from three roots' .pub files", _first)
    command.add_argument("roots", type=Path, nargs=3, metavar="ROOT.pub")
    command = at_hub(
        "algorithm", "say or choose what the hub's new keys are made with", _algorithm, writes=False
    )
    command.add_argument("chosen", nargs="?", choices=sorted(ALGORITHMS), metavar="NAME",
                         help=f"one of {', '.join(sorted(ALGORITHMS))}")  # fmt: skip
    at_hub("renew", "propose the next set: officers as they are now", _renew)
    command = at_hub(
        "rotate", "propose new keys for target, content, an officer, all, roots", _rotate
    )
    command.add_argument(
        "whom",
        metavar="WHOM",
        help=f"target, content, an account, {WORKING} (all but the roots), or roots",
    )
    command.add_argument("--roots", type=Path, nargs=3, metavar="ROOT.pub", help="new roots")
    command = at_hub("revoke", "propose a set without a key, by its id or holder", _revoke)
    command.add_argument("whom", metavar="WHOM")
    command = at_hub(
        "publish",
        "take a signed set into force; seal anew what is in force",
        _publish,
        writes=False,
    )
    command.add_argument("file", type=Path, metavar="FILE")


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")


def _init_root(arguments: argparse.Namespace) -> int:
    public = ceremony.make_root(arguments.into, arguments.holder, SM2 if arguments.sm2 else ED25519)
    _say(f"✓ {arguments.into}（{public.algorithm} {public.key_id}），公钥 public half: "
         f"{arguments.into}.pub")  # fmt: skip
    _say("请把密钥留在持有人手里，只把 .pub 交给县级平台 keep the key, hand over the .pub")
    return 0


def _show(arguments: argparse.Namespace) -> int:
    for line in ceremony.lines(ceremony.read_proposal(arguments.file.read_bytes())):
        _say(line)
    return 0


def _sign(arguments: argparse.Namespace) -> int:
    data = ceremony.sign(arguments.file.read_bytes(), ceremony.read_signer(arguments.root))
    _write(arguments.file, data)
    proposal = ceremony.read_proposal(data)
    _say(f"✓ 已有 {len(proposal.sealed.signatures)} 个签名 signatures; keys show 核对 check it")
    return 0


def _drill(arguments: argparse.Namespace) -> int:
    drills.run(arguments.which, _say, SM2 if arguments.sm2 else ED25519)
    return 0


def _present() -> KeySet:
    from hub.sealing.publishing import present_trust  # noqa: PLC0415 - needs the open hub

    trust = present_trust()
    if trust is None:
        raise ceremony.CeremonyError("还没有密钥集，先做 keys first / there is no key set yet")
    return trust.keys


def _ring() -> tuple[Keyring, tuple[str, ...]]:
    from hub.sealing.seal import keyring, officers  # noqa: PLC0415 - needs the open hub

    return keyring(), officers()


def _propose(arguments: argparse.Namespace, keys: KeySet, present: KeySet | None) -> int:
    data = ceremony.propose(keys)
    _write(arguments.out, data)
    for line in ceremony.lines(ceremony.read_proposal(data), present):
        _say(line)
    _say(f"→ {arguments.out}：请两位根密钥持有人 keys sign，再 keys publish")
    return 0


def _first(arguments: argparse.Namespace) -> int:
    from hub.sealing.publishing import present_trust  # noqa: PLC0415 - needs the open hub

    if present_trust() is not None:
        raise ceremony.CeremonyError("已经有密钥集 / there is a key set; keys rotate roots")
    ring, persons = _ring()
    roots = [ceremony.read_public(path) for path in arguments.roots]
    return _propose(arguments, ceremony.first_set(roots, ring.working_keys(persons)), None)


def _renew(arguments: argparse.Namespace) -> int:
    present = _present()
    ring, persons = _ring()
    roots = list(present.with_role("root").values())
    working = ring.working_keys(persons)
    keys = replace(present, version=present.version + 1, keys=(*roots, *working))
    return _propose(arguments, keys, present)


def _rotate(arguments: argparse.Namespace) -> int:
    present = _present()
    if arguments.whom == "roots":
        if not arguments.roots:
            raise ceremony.CeremonyError("要给出三个新根的 .pub：--roots A.pub B.pub C.pub")
        roots = [ceremony.read_public(path) for path in arguments.roots]
        return _propose(arguments, ceremony.with_roots(present, roots), present)
    ring, persons = _ring()
    holders = ("target", "content", *persons)
    if arguments.whom not in (*holders, WORKING):
        raise ceremony.CeremonyError(f"没有这个持有人 / no such holder: {arguments.whom[:40]}")
    keys = present
    for each in holders if arguments.whom == WORKING else (arguments.whom,):
        keys = ceremony.with_key(keys, each, ring.prepare(each))
    return _propose(arguments, replace(keys, version=present.version + 1), present)


def _algorithm(arguments: argparse.Namespace) -> int:
    ring, _ = _ring()
    if arguments.chosen:
        ring.choose(arguments.chosen)
        _say("新密钥用它；旧密钥到更换为止 new keys use it: keys rotate working, keys rotate roots")
    _say(ring.algorithm)
    return 0


def _revoke(arguments: argparse.Namespace) -> int:
    present = _present()
    return _propose(arguments, ceremony.without(present, arguments.whom), present)


def _publish(arguments: argparse.Namespace) -> int:
    from hub.sealing.publishing import publish  # noqa: PLC0415 - needs the open hub

    keys = publish(arguments.file.read_bytes())
    _say(f"✓ 密钥集 {keys.version} 已生效，一分钟内发到各村 in force, on its way within a minute")
    return 0


def _write(path: Path, data: bytes) -> None:
    """Whole or not at all: a medium may be pulled out."""
    part = path.with_name(f".{path.name}.part")
    with part.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)

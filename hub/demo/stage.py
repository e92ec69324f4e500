"""The demo once Django is awake: county, enrolment, villages; then the story or a welcome."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from contract.errors import VillageError
from hub.demo import county, story, walk
from hub.demo.bench import answers
from hub.demo.evidence import Evidence
from hub.demo.people import Officers
from hub.demo.readback import Desk
from hub.demo.seeding import seed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hub.accounts import County
    from hub.demo.bench import Bench
    from hub.demo.county import Box
    from hub.demo.sample import Cast


def bring_up(bench: Bench, parts: Cast, contents: dict[str, Any]) -> tuple[County, tuple[Box, ...]]:
    """County, hub, enrolment, desk: in that order, with progress."""
    bench.say("建样例县:乡镇、村、账号、票据 sample county")
    places, boxes = county.build(parts, contents, bench.folder, bench.wish.voices)
    bench.say("启动县级平台和消息服务 hub and broker")
    bench.start_hub()
    bench.say("两个村的终端凭票登记 two boxes enrol")
    for number, box in enumerate(boxes):
        county.enrol(box, bench.run / str(number))
    bench.say("启动两个村 two villages on the desk")
    bench.start_desk()
    for box in boxes:
        bench.wait_for(lambda box=box: answers(f"{box.kiosk}/api/status.json"), box.id)  # type: ignore[misc] # bound at once
    bench.say("就绪 ready")
    return places, boxes


def tell(bench: Bench, places: County, boxes: Sequence[Box], parts: Cast) -> int:
    """Play the story; 0 when every step was verified, 1 otherwise."""
    evidence = Evidence((bench.wish.out or Path("evidence")).absolute())
    evidence.summary["ready_s"] = round(bench.passed_s(), 1)
    homes = [story.Home.of(box, places) for box in boxes]
    plot = story.Story(
        (homes[0], homes[1]),
        Officers.of(places),
        parts,
        Desk(bench.desk),
        evidence,
        bench.run / "browser",
    )
    try:
        done = walk.walk(plot, bench) if bench.wish.walk else story.tell(plot)
    except VillageError as error:
        sys.stderr.write(f"故事未完成 the story stopped: {error}\n")
        done = False
    evidence.write()
    evidence.say(f"证据 evidence: {evidence.folder}/report.json")
    return 0 if done else 1


def welcome(bench: Bench, places: County, boxes: Sequence[Box], parts: Cast) -> None:
    """Publish a few notices, then say where everything is and who may log in."""
    seed(places, boxes, parts, bench.say)
    lines = ["", f"  桌面演示 desk      {bench.desk}"]
    lines += [f"  县级平台 hub       {bench.addresses.url}/admin/"]
    lines += [f"  {box.village.name} 查询机     {box.kiosk}" for box in boxes]
    lines += ["", "  账号 logins"]
    lines += [
        f"  {each.place} {each.role.label:<8} {each.username:<16} {each.password}"
        for each in places.logins
    ]
    sys.stdout.write("\n".join([*lines, "", "  Ctrl-C 结束 ends it", ""]) + "\n")
    sys.stdout.flush()

"""The steps at the desk and in calm weather: sheet, review, the three channels, paper, account."""

from __future__ import annotations

import json
import re
import time
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from django.conf import settings

from hub.demo import sample
from hub.demo.people import is_refused
from hub.demo.readback import traces
from hub.intake import sheets
from hub.ledger import summary
from hub.notices import desk
from hub.notices.initials import name_initials

if TYPE_CHECKING:
    from hub.demo.evidence import Step
    from hub.demo.story import Home, Story

SHOWN_WITHIN_S = 90.0
"""A table of 30 rows takes its time at 9600 baud; this is a limit, not the figure."""
SPOKEN_WITHIN_S = 120.0
READABLE_WITHIN_S = 10.0
SOUNDS = ("chime", "siren", "speech", "gap")
"""Kinds of samples that belong to an announcement; warm-up and tail are the amplifier's."""


def take_in_the_sheet(story: Story) -> None:
    """Each clerk uploads the Excel sheet; the gate finds what must stay, and she drops it."""
    with story.evidence.step("1 表格", "文书上传表格,隐私关口拦下证件号、银行卡、电话") as step:
        for home in story.homes:
            form = sample.in_village(story.cast.table, story.first.box.village, home.box.village)
            workbook = sheets.sheet_from_notice(form)
            story.evidence.keep_bytes(step, workbook, f"{home.box.id}-{form['id']}.xlsx")
            short = form["summary"].split(",")[0].rstrip("。") + "。"
            sheet = sheets.notice_from_sheet(workbook, f"{form['id']}.xlsx")
            taken = {**form, "summary": short, "table": sheet.data["table"]}
            home.pages["table"], found = home.people.draft(taken)
            home.forms["table"] = form
            headings = [column.label for column in found.columns]
            wanted = [c["label"] for c in form["table"]["columns"] if c.get("restricted")]
            step.check(
                f"{home.box.id} 拦下的列 dropped",
                holds=set(wanted) <= set(headings),
                seen=headings,
            )
            step.fact(f"{home.box.id} 行数 rows", len(form["table"]["rows"]))


def review_and_sign(story: Story) -> None:
    """Refused with a reason, corrected, approved, signed, by three different people."""
    with story.evidence.step("2 审签", "监委会退回并说明原因,文书改正,监委会通过,书记签发") as step:
        for home in story.homes:
            _review(story, home, step)
        _recordings_are_there(story, step)
        for home in story.homes:
            desk.sign(home.people.secretary, home.pages["table"])
            step.fact(f"{home.box.id} 签发 signed", home.pages["table"].notice_id)


def _recordings_are_there(story: Story, step: Step) -> None:
    """The secretary hears what will be spoken before signing, where the hub has its voice."""
    shelf = settings.DATA.root / "recordings"
    if not shelf.exists():
        step.fact("审听录音 recording", "没有装语音,由终端发声 no voice at the hub: boxes speak")
        return
    step.until(
        "审听录音 recordings made",
        lambda: len(list(shelf.glob("*.json"))) >= len(story.homes),
        SPOKEN_WITHIN_S,
    )
    for sound in sorted(shelf.glob("*.sound")):
        story.evidence.keep(step, sound, f"{sound.stem[:8]}.opus")


def _review(story: Story, home: Home, step: Step) -> None:
    people, page = home.people, home.pages["table"]
    desk.submit(people.clerk, page)
    refusals = {
        "文书不能自审 clerk": is_refused(lambda: desk.approve(people.clerk, page)),
        "县里不能代审 county": is_refused(lambda: desk.approve(story.officers.first, page)),
        "书记不能越过监委会 secretary": is_refused(lambda: desk.sign(people.secretary, page)),
    }
    for name, sentence in refusals.items():
        step.check(f"{home.box.id} {name}", holds=bool(sentence), seen=sentence)
    desk.refuse(people.committee, page, "内容不全", "摘要里请写明有异议找谁反映。")
    draft = desk.latest(page)
    draft.summary = home.forms["table"]["summary"]
    desk.save(people.clerk, draft)
    desk.submit(people.clerk, page)
    desk.approve(people.committee, page)
    step.check(
        f"{home.box.id} 监委会不能代签 committee",
        holds=bool(sentence := is_refused(lambda: desk.sign(people.committee, page))),
        seen=sentence,
    )


def see_hear_and_read(story: Story) -> None:
    """Panel, query screen and loudspeaker of both villages, read back from the devices."""
    with story.evidence.step("3 三个渠道", "两村的屏、查询机、喇叭都有了") as step:
        for home in story.homes:
            see(story, home, step, "table")
        for home in story.homes:
            read(home, step)
            shot = story.evidence.folder / f"03-{home.box.id}-screen.png"
            home.screen.photograph(f"/notice/{home.pages['table'].notice_id}", shot, story.scratch)
            step.files.append(shot.name)
        for home in story.homes:
            hear(story, home, step)
            nothing_leaked(home, step)


def see(story: Story, home: Home, step: Step, part: str) -> None:
    """The card holds every row of the table, the header on each page, and the page number."""
    table = home.forms[part]["table"]
    open_columns = [n for n, c in enumerate(table["columns"]) if not c.get("restricted")]
    names = [str(r[n]) for r in table["rows"] for n in open_columns
             if table["columns"][n].get("type") == "name"]  # fmt: skip
    wanted = [_folded(name) for name in names]
    step.until(
        f"{home.box.id} 屏上有全部姓名 all names on the card",
        lambda: all(name in _folded(home.card.text()) for name in wanted),
        SHOWN_WITHIN_S,
    )
    pages = _table_pages(home.card.text())
    step.check(f"{home.box.id} 页码 page n/m", holds=pages > 1, seen=pages)
    labels = [table["columns"][n]["label"][:2] for n in open_columns]
    counts = {label: home.card.text().count(label) for label in labels}
    label = max(counts, key=lambda each: counts[each])
    step.check(
        f"{home.box.id} 每页有表头“{label}…” header repeated",
        holds=counts[label] >= min(pages, len(table["rows"])),
        seen=f"{counts[label]} on {pages} pages",
    )
    keep_face(story, home, step, "panel")


def keep_face(story: Story, home: Home, step: Step, name: str) -> None:
    """Wait for the card's next picture of itself, and copy it into the evidence."""
    begun = time.time()
    step.until(
        f"{home.box.id} 屏面图 picture",
        lambda: home.card.face.exists() and home.card.face.stat().st_mtime > begun,
        SHOWN_WITHIN_S,
    )
    story.evidence.keep(step, home.card.face, f"{home.box.id}-{name}.png")


def read(home: Home, step: Step) -> None:
    """Findable by a name and by that name's initials."""
    page = home.pages["table"]
    step.until(
        f"{home.box.id} 查询机可查 readable",
        lambda: page.notice_id in {e["id"] for e in home.screen.status().get("readable", [])},
        READABLE_WITHIN_S,
    )
    name, letters = _somebody(home)
    step.check(
        f"{home.box.id} 按姓名 by name",
        holds=page.notice_id in home.screen.page("/search", q=name),
        seen=name[:1] + "…",
    )
    step.check(
        f"{home.box.id} 按拼音首字母 by initials",
        holds=name in home.screen.page("/search", i=letters),
        seen=letters,
    )


def hear(story: Story, home: Home, step: Step) -> None:
    """Chime, then speech, with the relay on before the first sample and off after the last."""
    name = f"{home.pages['table'].notice_id}@"
    step.until(
        f"{home.box.id} 播报 spoken",
        lambda: [p for p in home.sound.of(name) if "speech" in p.label],
        SPOKEN_WITHIN_S,
    )
    passages = home.sound.of(name)
    kinds = [kind for p in passages if (kind := p.label.split()[-1]) in SOUNDS]
    step.check(f"{home.box.id} 先提示音 chime first", holds=kinds[:2] == ["chime", "speech"],
               seen=kinds)  # fmt: skip
    edges = relay_edges(home)
    before = [e for e in edges if e["on"] and e["monotonic_s"] <= passages[0].at_s]
    step.check(f"{home.box.id} 功放先开 relay on before", holds=bool(before), seen=before[-1:])
    if home is story.second:
        keep_sound(story, home, step)


def keep_sound(story: Story, home: Home, step: Step) -> None:
    """Copy the newest stream into the evidence."""
    for stream in home.sound.streams()[-1:]:
        story.evidence.keep(step, stream, f"{home.box.id}-sound.wav")


def relay_edges(home: Home) -> list[dict[str, Any]]:
    """When the amplifier's relay was switched, as its pin saw it."""
    path = home.box.sound.parent / "relay-edges.jsonl"
    if not path.exists():
        return []
    return [json.loads(line) for line in path.read_text("utf-8").splitlines() if line]


def nothing_leaked(home: Home, step: Step) -> None:
    """Not one restricted cell anywhere in the box's files."""
    table = home.forms["table"]["table"]
    hidden = [n for n, c in enumerate(table["columns"])
              if c.get("restricted") and c.get("type") in {"id", "bank", "mobile"}]  # fmt: skip
    cells = {str(row[n]) for row in table["rows"] for n in hidden}
    leaks = [cell[:4] + "…" for cell in cells if traces(home.box.folder, cell)]
    step.check(f"{home.box.id} 没有泄露 nothing leaked", holds=not leaks, seen=leaks or len(cells))


def real_paper(story: Story) -> None:
    """A real paper that nobody wrote for us goes the same way."""
    with story.evidence.step(
        "6 真实文件", "三千字的正式文件:屏上摘要、喇叭摘要、查询机分章"
    ) as step:
        home = story.first
        form = sample.paper_form(home.box.village)
        page, _ = home.people.draft(form)
        home.people.publish(page)
        home.pages["paper"] = page
        summary_text = _folded(form["summary"])[:12]
        step.until("屏上摘要 summary on the panel",
                   lambda: summary_text in _folded(home.card.text()), SHOWN_WITHIN_S)  # fmt: skip
        keep_face(story, home, step, "panel")
        step.until("查询机可查 readable",
                   lambda: form["headings"][0] in home.screen.page(f"/notice/{page.notice_id}"),
                   READABLE_WITHIN_S)  # fmt: skip
        html = home.screen.page(f"/notice/{page.notice_id}")
        present = [heading for heading in form["headings"] if heading in html]
        step.check("分章 chapters", holds=len(present) == len(form["headings"]), seen=present)
        shot = story.evidence.folder / "06-paper-screen.png"
        home.screen.photograph(f"/notice/{page.notice_id}", shot, story.scratch)
        step.files.append(shot.name)
        step.until("喇叭摘要 spoken", lambda: home.sound.of(f"{page.notice_id}@"), SPOKEN_WITHIN_S)


def account(story: Story) -> None:
    """The delivery ledger tells the same story, village by village."""
    with story.evidence.step("7 台账", "送达台账如实说明谁收到、显示、播报,谁离线多久") as step:
        for home in story.homes:
            _table_is_accounted_for(home, step)
            _withdrawal_is_accounted_for(home, step)
        for home in story.homes:
            for part, page in home.pages.items():
                delivery = summary.delivery_of(page.notice_id)
                rows = [asdict(each) for each in delivery.boxes]
                step.fact(f"{home.box.id} {part} {page.notice_id}@{delivery.revision}", rows)


def _table_is_accounted_for(home: Home, step: Step) -> None:
    """Both revisions of the table: stored, shown for some seconds with a snapshot; first spoken."""
    name = home.pages["table"].notice_id
    for revision in (1, 2):
        step.until(
            f"{name}@{revision} 显示回执 shown",
            lambda revision=revision: [  # type: ignore[misc] # bound at once
                each
                for each in summary.delivery_of(name, revision).boxes
                if each.stored_at and each.shown_s > 0 and each.snapshot_sha256
            ],
            SHOWN_WITHIN_S,
        )
    spoken = [each for each in summary.delivery_of(name, 1).boxes if each.samples_total]
    step.check(f"{name}@1 播报回执 spoken", holds=bool(spoken),
               seen=[(e.spoken_state, e.samples_played, e.evidence) for e in spoken])  # fmt: skip


def _withdrawal_is_accounted_for(home: Home, step: Step) -> None:
    name = home.pages["withdrawn"].notice_id
    step.until(
        f"{name} 清除回执 purged",
        lambda: [e for e in summary.delivery_of(name, 1).boxes if e.withdrawn_at and e.purged_at],
        READABLE_WITHIN_S,
    )


def _somebody(home: Home) -> tuple[str, str]:
    """A name of the table and its pinyin initials."""
    table = home.forms["table"]["table"]
    column = next(n for n, c in enumerate(table["columns"]) if c.get("type") == "name")
    name = str(table["rows"][len(table["rows"]) // 2][column])
    return name, name_initials(name)[0]


def _folded(text: str) -> str:
    """Text without blanks and with one kind of name dot, as a panel may break it anywhere."""
    for dot in "•・．":
        text = text.replace(dot, "·")
    return "".join(text.split())


def _table_pages(text: str) -> int:
    """How many pages the longest run of page numbers such as 3/12 announces."""
    marks = re.findall(r"(?<![\d/])\d{1,3}/(\d{1,3})(?![\d/])", text)
    return max(map(int, marks), default=0)

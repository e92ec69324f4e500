"""The steps in bad weather: the alarm that breaks in, and the village that loses net and power."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from hub.demo import sample, steps
from hub.demo.readback import digest, traces
from hub.ledger import summary
from hub.ledger.models import Delivery

if TYPE_CHECKING:
    from collections.abc import Callable

    from hub.demo.evidence import Step
    from hub.demo.readback import Passage
    from hub.demo.story import Home, Story

BREAK_IN_S = 0.5
ALARM_ON_PANEL_S = 10.0
CORRECTED_WITHIN_S = 2.0
FIRST_FRAME_S = 2.0
CONVERGED_WITHIN_S = 10.0
PATIENCE_S = 60.0
"""How long one waits before giving up; what it took is a fact of its own."""
SPEECH_BEFORE_S = 1.0
CORRECTION = "更正:金额已复核"


def alarm(story: Story) -> None:
    """An emergency for some groups of one village breaks into a running announcement."""
    home = story.first
    with story.evidence.step("4 应急", "山洪预警打断正在播报的公告,播完后从断点续播") as step:
        running = _running_announcement(story, home, step)
        emergency = story.officers.compose(story.cast.alarm, home.people.page)
        asked_s = _boot_time_s()
        story.officers.release(emergency)
        siren = _first_alarm_passage(home, step, emergency.alert_id)
        delay_s = round(siren.at_s - asked_s, 3)
        step.limit("放行到响起 release to sound", delay_s, BREAK_IN_S)
        _panel_taken_over(story, home, step)
        _screen_taken_over(story, home, step, emergency.alert_id)
        _untouched(story.second, step, emergency.alert_id)
        step.until(
            "预警播完一遍 read once",
            lambda: any(p.label.endswith("gap") for p in home.sound.of(emergency.alert_id)),
            steps.SPOKEN_WITHIN_S,
        )
        _all_clear(story, home, step, emergency.alert_id)
        _resumes(story, home, step, running)


def _all_clear(story: Story, home: Home, step: Step, alert_id: str) -> None:
    """Two officers cancel the alarm; panel and screen go back to what they had."""
    cancel = story.officers.compose(sample.all_clear(story.cast.alarm, alert_id), home.people.page)
    story.officers.release(cancel)
    words = "".join(story.cast.alarm["title"].split())[:4]
    step.until(
        "预警解除,屏恢复 all clear on the panel",
        lambda: words not in home.card.text(),
        PATIENCE_S,
    )
    step.until(
        "预警解除,查询机恢复 all clear on the screen",
        lambda: not home.screen.status().get("alarms"),
        PATIENCE_S,
    )


def _running_announcement(story: Story, home: Home, step: Step) -> str:
    """Publish a long notice and wait until its speech is under way; returns its id."""
    for each in story.homes:
        form = sample.in_village(story.cast.withdrawn, story.first.box.village, each.box.village)
        page, _ = each.people.draft(form)
        each.people.publish(page)
        each.pages["withdrawn"], each.forms["withdrawn"] = page, form
    name = f"{home.pages['withdrawn'].notice_id}@"
    step.until(
        "公告播报中 announcement under way",
        lambda: any(
            "speech" in p.label and p.end - p.start > SPEECH_BEFORE_S * 48000
            for p in home.sound.of(name)
        ),
        steps.SPOKEN_WITHIN_S,
    )
    return name


def _first_alarm_passage(home: Home, step: Step, alert_id: str) -> Passage:
    step.until("警报响起 alarm sounds", lambda: home.sound.of(alert_id), PATIENCE_S)
    return home.sound.of(alert_id)[0]


def _panel_taken_over(story: Story, home: Home, step: Step) -> None:
    words = "".join(story.cast.alarm["title"].split())[:4]
    step.until("全屏预警 whole panel", lambda: words in home.card.text(), ALARM_ON_PANEL_S)
    steps.keep_face(story, home, step, "alarm")


def _screen_taken_over(story: Story, home: Home, step: Step, alert_id: str) -> None:
    shot = story.evidence.folder / f"04-{home.box.id}-alarm-screen.png"
    home.screen.photograph("/", shot, story.scratch)
    step.files.append(shot.name)
    seen = home.screen.status().get("alarms", [])
    step.check("查询机接管 screen taken over", holds=alert_id in seen, seen=seen)


def _untouched(home: Home, step: Step, alert_id: str) -> None:
    """A village outside the alarm's area neither shows nor sounds it."""
    quiet = not home.sound.of(alert_id) and not home.screen.status().get("alarms")
    step.check(f"{home.box.id} 不在范围内不响 not addressed", holds=quiet)


def _resumes(story: Story, home: Home, step: Step, name: str) -> None:
    """What was played of the announcement, put together, is one unbroken reading."""
    step.until("续播完毕 resumed and finished", lambda: _is_finished(home, name), 240.0)
    passages = [p for p in home.sound.of(name) if p.label.split()[-1] in steps.SOUNDS]
    joined = b"".join(p.pcm() for p in passages)
    spoken = _spoken(story, home)
    step.fact("中断 interruptions", spoken.get("interruptions"))
    step.check("样本数 samples", holds=len(joined) // 2 == spoken.get("samples_total"),
               seen=[len(joined) // 2, spoken.get("samples_total")])  # fmt: skip
    step.check("逐样本相同 bit for bit", holds=digest(joined) == spoken.get("pcm_sha256"),
               seen=spoken.get("pcm_sha256"))  # fmt: skip
    steps.keep_sound(story, home, step)


def _is_finished(home: Home, name: str) -> bool:
    passages = list(home.sound.passages())
    mine = [n for n, p in enumerate(passages) if name in p.label]
    edges = steps.relay_edges(home)
    return len(mine) > 1 and bool(edges) and not edges[-1]["on"]


def _spoken(story: Story, home: Home) -> dict[str, object]:
    page = story.first.pages["withdrawn"]
    line = Delivery.objects.filter(notice_id=page.notice_id, box_id=home.box.id).first()
    return dict(line.spoken) if line else {}


def cut_and_heal(story: Story) -> None:
    """Village 2 loses its network, then its power; village 1 follows; then all is healed."""
    with story.evidence.step(
        "5 断网断电", "二村断网断电照常显示,恢复后赶上;撤回的名字处处消失"
    ) as step:
        away = story.second
        story.desk.turn(away.box.id, "cut_network")
        before = away.card.text()
        _is_noticed(away, step)
        _correct_and_withdraw(story, step)
        step.check("断网照常显示 goes on showing", holds=away.card.text() == before)
        _power_cut(story, step, before)
        story.desk.turn(away.box.id, "heal")
        _converges(away, step)
        for home in story.homes:
            _gone(home, step)
            steps.keep_face(story, home, step, "panel")


def _is_noticed(home: Home, step: Step) -> None:
    """The ledger says that the village is away, and since when."""
    name = home.pages["table"].notice_id

    def away() -> list[str]:
        rows = summary.delivery_of(name).boxes
        return [str(r.since) for r in rows if r.box == home.box.id and not r.is_online]

    since = step.until(f"{home.box.id} 台账记为离线 away", away, PATIENCE_S)
    step.fact(f"{home.box.id} 离线自 away since", since)


def _correct_and_withdraw(story: Story, step: Step) -> None:
    """Both villages correct and withdraw; the one with a network follows at once."""
    first = story.first
    _correct(first)
    table = first.pages["table"].notice_id
    _follows(step, "一村更正 correction", lambda: _readable(first).get(table) == 2)
    _withdraw(first)
    withdrawn = first.pages["withdrawn"].notice_id
    _follows(step, "一村撤回 withdrawal", lambda: withdrawn not in _readable(first))
    _correct(story.second)
    _withdraw(story.second)


def _correct(home: Home) -> None:
    corrected = (CORRECTION + "," + home.forms["table"]["summary"])[:60]
    home.people.correct(home.pages["table"], "一户金额录入有误,已改正", corrected)


def _withdraw(home: Home) -> None:
    home.people.withdraw(home.pages["withdrawn"], "名单有误,撤回重核")


def _follows(step: Step, name: str, holds: Callable[[], bool]) -> None:
    step.until(name, holds, PATIENCE_S)
    step.limit(f"{name} followed", float(step.facts[f"{name}_s"]), CORRECTED_WITHIN_S)


def _readable(home: Home) -> dict[str, int]:
    """Id and revision of everything the query screen answers with."""
    return {e["id"]: e["revision"] for e in home.screen.status().get("readable", [])}


def _is_up_to_date(home: Home) -> bool:
    readable = _readable(home)
    return (
        readable.get(home.pages["table"].notice_id) == 2
        and home.pages["withdrawn"].notice_id not in readable
    )


def _power_cut(story: Story, step: Step, before: str) -> None:
    """SIGKILL for every process of the box; the card's own power goes with it."""
    away = story.second
    story.desk.turn(away.box.id, "cut_power")
    step.check("断电后屏上的字还在闪存 kept in flash", holds=bool(away.card.flash()))
    begun_s = _boot_time_s()
    story.desk.turn(away.box.id, "restore_power")
    step.until(
        "首帧 first frame",
        lambda: (away.card.state().get("first_byte_at_monotonic_s") or 0) > begun_s,
        PATIENCE_S,
    )
    started_s = float(str(story.desk.status(away.box.id)["box_started_monotonic_s"]))
    first_s = round(float(away.card.state()["first_byte_at_monotonic_s"]) - started_s, 3)
    step.limit("终端启动到首帧 box start to first frame", first_s, FIRST_FRAME_S)
    step.until("断电后内容不变 same content", lambda: away.card.text() == before, PATIENCE_S)
    step.check("查询机也在 screen works", holds=bool(
        step.until("查询机恢复 screen back", lambda: away.screen.status().get("readable"),
                   PATIENCE_S)))  # fmt: skip


def _converges(home: Home, step: Step) -> None:
    name = "二村赶上 village 2 converges"
    step.until(name, lambda: _is_up_to_date(home), PATIENCE_S)
    step.limit(name, float(step.facts[f"{name}_s"]), CONVERGED_WITHIN_S)


def _gone(home: Home, step: Step) -> None:
    """The withdrawn names are on no panel, in no search and in no file of the box."""
    table = home.forms["withdrawn"]["table"]
    column = next(n for n, c in enumerate(table["columns"]) if c.get("type") == "name")
    kept = {str(row[column]) for row in home.forms["table"]["table"]["rows"]
            for column in range(len(row))}  # fmt: skip
    names = [str(row[column]) for row in table["rows"] if str(row[column]) not in kept]
    notice_id = home.pages["withdrawn"].notice_id
    step.until(
        f"{home.box.id} 屏上无撤回名字 off the panel",
        lambda: not any(name in home.card.text() for name in names),
        PATIENCE_S,
    )
    found = [name[:1] + "…" for name in names
             if notice_id in home.screen.page("/search", q=name)]  # fmt: skip
    step.check(f"{home.box.id} 查不到 not found", holds=not found, seen=found or len(names))
    step.until(
        f"{home.box.id} 盘上无痕迹 no trace on disk",
        lambda: not any(traces(home.box.folder / "state", name) for name in names),
        PATIENCE_S,
    )


def _boot_time_s() -> float:
    """The monotonic clock that boxes and cards share on one desk."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)

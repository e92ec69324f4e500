"""``led show``, ``led test``, ``led snapshot`` and ``led maintain``."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

from edge_agent.clock import BoxClock
from edge_agent.led import playlist
from edge_agent.led.board import Board
from edge_agent.led.card_commands import DONE, FAILED, USAGE, fail
from edge_agent.led.characters import legible
from edge_agent.led.compose import content_area
from edge_agent.led.draw import pixels_sha256
from edge_agent.led.drivers import registry
from edge_agent.led.drivers.onbon_k.driver import OnbonK
from edge_agent.led.emulators.card import Matrix
from edge_agent.led.emulators.face import as_lights
from edge_agent.led.emulators.memory_line import MemoryLine
from edge_agent.led.layout import best_size_px, text_pages
from edge_agent.led.notice_file import NoticeUnreadable, read_notices
from edge_agent.led.panel import PanelError, Screen
from edge_agent.led.test_card import test_screen

if TYPE_CHECKING:
    import argparse
    from pathlib import Path

    from PIL import Image

    from edge_agent.clock import Clock, Reading
    from edge_agent.led.panel import Panel, PanelSpec


LONGEST_WRITE_S = 120.0


def show(arguments: argparse.Namespace) -> int:
    """Show a text or a notice; prints what went over the line as JSON."""
    try:
        panel, clock = _panel(arguments)
        screen, lost = _content(arguments, panel.spec)
    except (registry.UnknownDriver, PanelError, NoticeUnreadable, ValueError, OSError) as error:
        return fail(str(error), USAGE)
    screen = replace(screen, standing=arguments.standing, lifetime_s=arguments.lifetime)
    return _bring(panel, screen, clock, arguments.stay, lost)


def test(arguments: argparse.Namespace) -> int:
    """Show all lights, colour bars, a grid, and the village's name, one after the other."""
    try:
        panel, clock = _panel(arguments)
    except (registry.UnknownDriver, PanelError) as error:
        return fail(str(error), USAGE)
    screen = test_screen(panel.spec, arguments.name, arguments.stay)
    total_s = arguments.stay * len(screen.areas[0].pages)
    return _bring(panel, screen, clock, total_s, ())


def snapshot(arguments: argparse.Namespace) -> int:
    """Send to an emulated card, write what it shows, print the hash of its pixels as JSON."""
    clock = BoxClock(arguments.clock_folder)
    fast = _SkippingClock(clock)
    try:
        driver = registry.driver(arguments.driver)
        spec = driver.spec(arguments.width, arguments.height, arguments.colours)
        matrix = Matrix(arguments.width, arguments.height, arguments.colours)
        card = driver.card(matrix, fast)
        panel = driver.panel(MemoryLine(card, fast, card.baud), spec, clock=fast)
        screen, lost = _content(arguments, panel.spec)
        sent = panel.show(screen)
        _keep_up(panel, fast, arguments.at)
    except (registry.UnknownDriver, PanelError, NoticeUnreadable, ValueError) as error:
        return fail(str(error), USAGE)
    frame = card.frame(fast.monotonic_s())
    picture = frame if arguments.plain else as_lights(frame, card.brightness())
    _save(picture, arguments.png)
    unshown = list(dict.fromkeys((*lost, *sent.unshown)))
    _print({"sha256": pixels_sha256(frame), "png": str(arguments.png), "unshown": unshown})
    return DONE


def maintain(arguments: argparse.Namespace) -> int:
    """Status, clear, on, off; reset and format only when said twice."""
    erases = arguments.action in ("reset", "format")
    if erases and not arguments.i_know_it_erases:
        return fail(
            f"{arguments.action} 会删除控制卡的文件（可能包括字库）；确认请加 --i-know-it-erases / "
            "erases the card's files, fonts too: add --i-know-it-erases if you mean it",
            USAGE,
        )
    try:
        panel, _ = _panel(arguments)
        if not isinstance(panel, OnbonK):
            return fail(f"{arguments.driver}: 只支持 onbon-k / only for onbon-k", USAGE)
        try:
            _maintain_card(panel, arguments.action)
        finally:
            panel.close()
    except registry.UnknownDriver as error:
        return fail(str(error), USAGE)
    except PanelError as error:
        return fail(str(error))
    return DONE


def _maintain_card(panel: OnbonK, action: str) -> None:
    if action == "status":
        told = asdict(panel.status())
        told["program"] = told["program"].decode("ascii", errors="replace").rstrip("\0")
        _print(told)
    elif action == "clear":
        panel.clear()
    elif action in ("on", "off"):
        panel.set_power(on=action == "on")
    else:
        panel.erase_card(maintenance=True, fonts_too=action == "format")


def _panel(arguments: argparse.Namespace) -> tuple[Panel, Clock]:
    clock = BoxClock(arguments.clock_folder)
    driver = registry.driver(arguments.driver)
    spec = driver.spec(arguments.width, arguments.height, arguments.colours)
    place = registry.Place(arguments.line, arguments.baud, arguments.address)
    return registry.open_panel(arguments.driver, place, spec, clock=clock), clock


def _content(arguments: argparse.Namespace, spec: PanelSpec) -> tuple[Screen, tuple[str, ...]]:
    """The screen of ``--text`` or ``--notice``, and characters that no font has."""
    board = Board(spec, village="", strip=False)
    if arguments.text is not None:
        form = board.content
        size_px = best_size_px(arguments.text, form)
        pages = text_pages(arguments.text, form, size_px=size_px)
        lost = legible(arguments.text.strip()).unshown
        if not pages:
            raise ValueError("文字是空的 / the text is empty: give something to show")
        return Screen((content_area(board, pages),)), tuple(lost)
    notices = read_notices(arguments.notice)
    pages = tuple(page for each in notices for page in playlist.notice_pages(each, board.content))
    lost = tuple(char for each in notices for char in playlist.unshown_characters(each))
    return Screen((content_area(board, pages),)), lost


def _bring(panel: Panel, screen: Screen, clock: Clock, stay_s: float, lost: tuple[str, ...]) -> int:
    try:
        sent = panel.show(screen)
        _keep_up(panel, clock, stay_s)
        _finish_writing(panel, clock)
    except PanelError as error:
        return fail(str(error), FAILED)
    except KeyboardInterrupt:
        return DONE
    finally:
        panel.close()
    told = asdict(sent)
    told["unshown"] = list(dict.fromkeys((*lost, *sent.unshown)))
    _print(told)
    return DONE


def _finish_writing(panel: Panel, clock: Clock) -> None:
    """Stay until a long text is in the card's flash."""
    until_s = clock.monotonic_s() + LONGEST_WRITE_S
    while panel.keep_up() == 0.0 and clock.monotonic_s() < until_s:
        clock.sleep(0.005)


def _keep_up(panel: Panel, clock: Clock, seconds: float) -> None:
    until_s = clock.monotonic_s() + seconds
    while (left_s := until_s - clock.monotonic_s()) > 0:
        due_s = panel.keep_up()
        clock.sleep(left_s if due_s is None else min(left_s, max(0.005, due_s)))


class _SkippingClock:
    """A clock whose sleeps take no time: what would be seen later is seen at once."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._skipped_s = 0.0

    def read(self) -> Reading:
        """The present moment; skipped time does not move it."""
        return self._clock.read()

    def monotonic_s(self) -> float:
        """Seconds, those skipped included."""
        return self._clock.monotonic_s() + self._skipped_s

    def sleep(self, seconds: float) -> None:
        """Skip them."""
        self._skipped_s += max(0.0, seconds)


def _save(picture: Image.Image, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    picture.save(path, "PNG")


def _print(told: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(told, ensure_ascii=False, indent=1) + "\n")

# ruff: noqa: INP001 - a script beside its pictures, not a package
"""Takes the README's pictures from a running demo: ``python docs/pictures/take.py USER PASSWORD``.

Start ``make demo`` first; give it the clerk's login that it prints. Needs the test tools.
``panel.png`` and ``alarm.png`` are what the emulated card showed; they are not taken here, since
the panel turns its pages.
"""

import sys
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

HERE = Path(__file__).parent
DESK, HUB, SCREEN = "http://127.0.0.1:8090", "http://127.0.0.1:8000", "http://127.0.0.1:8081"
CHROMIUM = "/usr/bin/chromium"


def main(user: str, password: str) -> int:
    """Take desk, query screen and back office."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        desk = browser.new_page(viewport={"width": 1440, "height": 1000})
        _look(desk, DESK, "desk.png")
        screen = browser.new_page(viewport={"width": 1080, "height": 1920})
        _look(screen, SCREEN, "screen.png")
        office = browser.new_page(viewport={"width": 1440, "height": 1000})
        office.goto(f"{HUB}/admin/login/")
        office.fill("input[name=username]", user)
        office.fill("input[name=password]", password)
        office.click("button[type=submit]")
        _look(office, f"{HUB}/admin/", "hub.png")
        browser.close()
    return 0


def _look(page: Page, address: str, name: str) -> None:
    page.goto(address, wait_until="load")
    page.wait_for_timeout(4000)  # fonts and the first turn of the panel
    page.screenshot(path=HERE / name)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))

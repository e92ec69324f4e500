"""Trying to get out of the query screen: the real browser under the real compositor, real keys.

``python bench/kiosk_escapes.py`` (as root, on Debian with cage, xwayland, grim, xvfb, xdotool).
Chromium runs under cage with the policy file where Chromium reads it, in a mount name space of
its own, so that no other browser on the machine is touched; cage's screen lies in an Xvfb, whose
XTEST keys and pointer reach Chromium the way a keyboard plugged into the box would. After every
attempt there must be one window with one page of ours, and, seen from outside, the same pixels.
The rest (``file://``, downloads, pop-ups, file dialogs, printing) is tried through the page.
Then the keeper's witness takes a picture of the wall. ``--crash`` instead kills the page's
process and measures until the keeper gives the browser up (a minute of silence).
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "edge_agent" / "kiosk"))
from aiohttp import ClientSession
from kiosk_village import Village, free_port, sample_notices

from edge_agent.kiosk.witness import ASK_FILE, Witness

POLICY = Path(__file__).parents[1] / "edge_agent" / "kiosk" / "chromium-policy.json"
NEEDED = ("cage", "Xwayland", "grim", "Xvfb", "xdotool", "chromium", "setpriv", "unshare")
NOBODY = 65534
CHORDS = (
    "ctrl+t", "ctrl+n", "ctrl+shift+n", "ctrl+o", "ctrl+l", "ctrl+k", "ctrl+e", "ctrl+p",
    "ctrl+shift+p", "ctrl+s", "ctrl+u", "ctrl+h", "ctrl+j", "ctrl+d", "ctrl+f", "ctrl+g",
    "ctrl+w", "ctrl+shift+w", "ctrl+F4", "ctrl+shift+t", "ctrl+shift+o", "ctrl+shift+b",
    "ctrl+shift+i", "ctrl+shift+j", "ctrl+shift+c", "ctrl+shift+Delete", "ctrl+shift+q",
    "ctrl+plus", "ctrl+minus", "ctrl+0", "ctrl+Tab", "ctrl+shift+Tab", "ctrl+1", "ctrl+9",
    "F1", "F3", "F5", "F6", "F7", "F10", "F11", "F12", "shift+F10", "shift+Escape", "Escape",
    "alt+F4", "alt+Home", "alt+Left", "alt+Right", "alt+f", "alt+e", "alt+d", "alt+space",
    "alt+Tab", "alt+shift+i", "alt+Return", "alt+Escape", "super", "super+l", "super+d", "Menu",
    "ctrl+alt+F1", "ctrl+alt+F2", "ctrl+alt+BackSpace", "ctrl+alt+Delete", "ctrl+alt+t",
    "XF86HomePage", "XF86Back", "XF86Forward", "XF86WWW", "XF86Search", "XF86Reload", "XF86Mail",
    "XF86Favorites", "XF86Calculator", "Print",
)  # fmt: skip
POINTER = {
    "long press": ["mousemove", "540", "420", "mousedown", "1", "sleep", "1.6", "mouseup", "1"],
    "right button": ["mousemove", "540", "420", "click", "3"],
    "middle button": ["mousemove", "300", "500", "click", "2"],
    "drag a link": ["mousemove", "300", "330", "mousedown", "1", "mousemove", "800", "900",
                    "sleep", "0.3", "mouseup", "1", "mousemove", "1000", "1700"],
    "drag from the top": ["mousemove", "540", "2", "mousedown", "1", "mousemove", "540", "900",
                          "mouseup", "1"],
    "swipe from the left": ["mousemove", "2", "900", "mousedown", "1", "mousemove", "900", "900",
                            "mouseup", "1"],
    "ctrl and wheel": ["mousemove", "540", "420", "keydown", "ctrl", "click", "4", "click", "4",
                       "keyup", "ctrl"],
    "forward and back buttons": ["click", "8", "click", "9"],
}  # fmt: skip
FROM_PAGE = {
    "window.open": "() => window.open('https://evil.example') === null",
    "a new window by a link": """() => { const a = document.createElement('a');
        a.href = 'https://evil.example/'; a.target = '_blank'; a.click(); return true; }""",
    "a download": """() => { const a = document.createElement('a');
        a.href = '/static/screen.css'; a.download = 'x.css'; a.click(); return true; }""",
    "a file dialog": """() => { const i = document.createElement('input');
        i.type = 'file'; document.body.append(i); i.click(); i.remove(); return true; }""",
    "printing": "() => { print(); return true; }",
    "full screen ended": "() => { document.exitFullscreen().catch(() => {}); return true; }",
}
FORBIDDEN_BY_A_BAR = "a file dialog"
"""Chromium says in a bar that its administrator forbids it; no page of ours has such a field."""
ADDRESSES = ("file:///etc/passwd", "view-source:http://127.0.0.1/", "https://evil.example/",
             "data:text/html,<h1>out</h1>", "http://127.0.0.1:1/",
             "javascript:document.body.innerText='out'", "chrome://downloads",
             "chrome://settings")  # fmt: skip
ESCAPED_WORDS = ("root:", "out", "Example Domain", "Downloads", "Settings", "<!doctype")


class Kiosk:
    """The browser under cage, on a screen of its own."""

    def __init__(
        self, village: Village, folder: Path, *, with_policy: bool, is_kept: bool = False
    ) -> None:
        self._last = b""
        self.pictures: Path | None = None
        self.port = free_port()
        self.display = f":{90 + os.getpid() % 900}"
        runtime, home = folder / "runtime", folder / "home"
        for each in (runtime, home):
            each.mkdir(mode=0o700)
            os.chown(each, NOBODY, NOBODY)
        self.runtime = runtime
        size = ["-screen", "0", "1080x1920x24"]
        self._processes = [subprocess.Popen(["Xvfb", self.display, *size, "-ac"], **_QUIET)]
        wait(lambda: self._xdotool("getmouselocation") == 0, "Xvfb does not start")
        managed = folder / "etc-chromium" / "policies" / "managed"
        managed.mkdir(parents=True)
        if with_policy:
            (managed / "village.json").write_text(_policy(village.port))
        folder.chmod(0o755)  # the browser's user reads its policy here
        browser = [
            "chromium", "--no-sandbox", "--kiosk", f"--app={village.url}/notice/N001",
            "--ozone-platform=x11", "--incognito", "--noerrdialogs", "--no-first-run",
            "--disable-infobars", "--disable-pinch", "--overscroll-history-navigation=0",
            "--disable-session-crashed-bubble", f"--user-data-dir={home}/profile",
            f"--remote-debugging-port={self.port}", "--remote-allow-origins=*",
            "--disable-gpu",
        ]  # fmt: skip
        inside = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", "cage",
                  "-s", "--", *browser]  # fmt: skip
        mount = f'mount --bind {folder}/etc-chromium /etc/chromium && exec "$@"'
        Path("/etc/chromium").mkdir(exist_ok=True)
        environment = os.environ | {
            "HOME": str(home), "XDG_RUNTIME_DIR": str(runtime), "DISPLAY": self.display,
            "WLR_BACKENDS": "x11", "WLR_RENDERER": "pixman",
        }  # fmt: skip
        command = ["unshare", "--mount", "sh", "-c", mount, "sh", *inside]
        if is_kept:
            alive = village.root / "run" / "kiosk.alive"
            keeper = [sys.executable, "-m", "edge_agent.kiosk.keeper", "--alive", str(alive), "--"]
            command = [*keeper, *command]
        self._processes.append(
            subprocess.Popen(command, env=environment, process_group=0, **_QUIET)
        )
        wait(self.pages, "the browser does not start")

    def pages(self) -> list[str]:
        """Addresses of every page, tab and window of the browser."""
        with contextlib.suppress(OSError, ValueError):
            where = f"http://127.0.0.1:{self.port}/json/list"
            with urllib.request.urlopen(where, timeout=5) as answer:
                return [each["url"] for each in json.load(answer) if each["type"] == "page"]
        return []

    async def tell(self, method: str, **parameters: object) -> dict[str, Any]:
        """One command of the DevTools protocol to the (first) page."""
        where = f"http://127.0.0.1:{self.port}/json/list"
        async with ClientSession() as session:
            async with session.get(where) as answer:
                pages = [each for each in await answer.json() if each["type"] == "page"]
            async with session.ws_connect(pages[0]["webSocketDebuggerUrl"]) as line:
                await line.send_json({"id": 1, "method": method, "params": parameters})
                async with asyncio.timeout(10):
                    async for message in line:
                        told: dict[str, Any] = json.loads(message.data)
                        if told.get("id") == 1:
                            return dict(told.get("result", {}))
        return {}  # the page went away with its line

    def picture(self) -> str:
        """Hash of what the compositor shows below the clock."""
        command = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", "grim",
                   "-g", "0,200 1080x1500", "-t", "ppm", "-"]  # fmt: skip
        environment = os.environ | {
            "XDG_RUNTIME_DIR": str(self.runtime), "WAYLAND_DISPLAY": "wayland-0"
        }  # fmt: skip
        shot = subprocess.run(command, env=environment, capture_output=True, check=True)
        self._last = shot.stdout
        return hashlib.sha256(shot.stdout).hexdigest()

    def keep(self, name: str) -> None:
        """Write the last picture down, to look at."""
        if self.pictures is not None:
            (self.pictures / f"{name.replace(' ', '-')}.ppm").write_bytes(self._last)

    @property
    def browser(self) -> subprocess.Popen[bytes]:
        """The browser, or the keeper that started it."""
        return self._processes[-1]

    def keys(self, chord: str) -> None:
        """Press a chord."""
        self._xdotool("key", "--clearmodifiers", chord)

    def pointer(self, *acts: str) -> None:
        """Move and press the pointer."""
        self._xdotool(*acts)

    def _xdotool(self, *arguments: str) -> int:
        environment = os.environ | {"DISPLAY": self.display}
        return subprocess.run(
            ["xdotool", *arguments], env=environment, check=False, **_QUIET
        ).returncode

    def close(self) -> None:
        """End everything that was started."""
        for process in reversed(self._processes):
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, 15) if process is not self._processes[0] else process.kill()
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(10)


_QUIET = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}


def _policy(port: int) -> str:
    """The shipped policy for the test's port; only that a test may look in is different.

    So the chords for the developer tools meet the page's refusal alone.
    """
    policy = json.loads(POLICY.read_text().replace(":8080", f":{port}"))
    policy |= {"RemoteDebuggingAllowed": True, "DeveloperToolsAvailability": 1}
    return json.dumps(policy)


def wait(condition: object, why: str, within_s: float = 60.0) -> None:
    """Ask until it is so."""
    deadline = time.monotonic() + within_s
    while not condition():  # type: ignore[operator] # a function
        if time.monotonic() > deadline:
            raise TimeoutError(why)
        time.sleep(0.2)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--without-policy", action="store_true", help="what the page holds alone")
    parser.add_argument("--pictures", type=Path, help="keep what was seen of escapes here")
    parser.add_argument("--crash", action="store_true", help="kill the page, wait for the keeper")
    chosen = parser.parse_args()
    missing = [name for name in NEEDED if shutil.which(name) is None]
    if missing or os.geteuid() != 0:
        print(f"needs root and {', '.join(missing) or 'nothing else'}")
        return 2
    with tempfile.TemporaryDirectory(prefix="escapes-") as name:
        folder = Path(name)
        (folder / "village").mkdir()
        village = Village(folder / "village")
        settings = village.settings.read_text()
        # The page is to stay as it is for minutes, so that every change is an escape.
        village.settings.write_text(f"{settings}idle_s = 9999\noffline_after_s = 9999\n")
        village.publish(*sample_notices().values())
        village.start()
        kiosk = Kiosk(village, folder, with_policy=not chosen.without_policy, is_kept=chosen.crash)
        kiosk.pictures = chosen.pictures
        try:
            if chosen.crash:
                return crash(kiosk, village)
            print(f"  picture of the wall taken and accepted: {prove_the_wall(kiosk, village)}")
            escaped = attempts(kiosk, village)
        finally:
            kiosk.close()
            village.close()
    total = len(CHORDS) + len(POINTER) + len(FROM_PAGE) + len(ADDRESSES)
    print(f"{total} attempts, {len(escaped)} got out: {escaped}")
    return 1 if escaped else 0


def crash(kiosk: Kiosk, village: Village) -> int:
    """Kill every renderer: the window stays, the page is gone. 0 when the keeper noticed."""
    wait(lambda: village.status()["page_silent_s"] is not None, "the page does not live")
    for pid in _descendants(kiosk.browser.pid):
        if b"--type=renderer" in Path(f"/proc/{pid}/cmdline").read_bytes():
            os.kill(pid, 9)
    start_s = time.monotonic()
    code = kiosk.browser.wait(120)
    print(f"given up after {time.monotonic() - start_s:.0f} s of silence with exit code {code}")
    return 0 if code == 1 else 1


def _descendants(pid: int) -> list[int]:
    found: list[int] = []
    for task in Path(f"/proc/{pid}/task").iterdir():
        for child in map(int, (task / "children").read_text().split()):
            found += [child, *_descendants(child)]
    return found


def prove_the_wall(kiosk: Kiosk, village: Village) -> bool:
    """The witness at work, as the keeper calls it."""
    asyncio.run(kiosk.tell("Page.navigate", url=f"{village.url}/wall"))
    ask = village.root / "run" / ASK_FILE
    wait(ask.exists, "no picture of the wall is asked for")
    os.environ["XDG_RUNTIME_DIR"] = str(kiosk.runtime)
    is_taken = Witness(ask.parent, village.url).look()
    asyncio.run(kiosk.tell("Page.navigate", url=f"{village.url}/notice/N001"))
    return is_taken


def attempts(kiosk: Kiosk, village: Village) -> list[str]:
    """Try everything; names of what got out."""
    home = f"{village.url}/notice/N001"
    escaped = []
    settled = ""

    def same() -> bool:
        nonlocal settled
        before, settled = settled, kiosk.picture()
        return before == settled

    wait(lambda: village.status()["page_silent_s"] is not None, "the page does not live")
    time.sleep(3.0)
    kiosk.keys("shift")  # from now on the page knows that somebody has a keyboard
    wait(same, "the page does not come to rest")
    before = kiosk.picture()
    tries = {chord: lambda chord=chord: kiosk.keys(chord) for chord in CHORDS}
    tries |= {name: lambda acts=acts: kiosk.pointer(*acts) for name, acts in POINTER.items()}
    for name, act in tries.items():
        act()
        time.sleep(0.7)
        if not _is_home(kiosk, home, before):
            kiosk.pointer("mousemove", "1000", "1800")
            time.sleep(1.5)  # a page that was pressed comes to rest
        if not _is_home(kiosk, home, before):
            before = kiosk.picture()
            kiosk.keep(name)
            escaped.append(name)
            print(f"  {name}: {kiosk.pages()}")
    return escaped + asyncio.run(_from_inside(kiosk, home))


def _is_home(kiosk: Kiosk, home: str, before: str) -> bool:
    return kiosk.pages() == [home] and kiosk.picture() == before


async def _from_inside(kiosk: Kiosk, home: str) -> list[str]:
    """What a page that was turned against us could do, with a villager's finger behind it."""
    escaped = []
    before = kiosk.picture()
    for name, script in FROM_PAGE.items():
        await kiosk.tell("Runtime.evaluate", expression=f"({script})()", userGesture=True)
        await asyncio.sleep(1.5)
        if not _is_home(kiosk, home, before):
            before = kiosk.picture()
            kiosk.keep(name)
            print(f"  {name}: {kiosk.pages()}", flush=True)
            if name != FORBIDDEN_BY_A_BAR or kiosk.pages() != [home]:
                escaped.append(name)
    for address in ADDRESSES:
        await kiosk.tell("Page.navigate", url=address)
        await asyncio.sleep(1.0)
        words = "document.body ? document.body.innerText : ''"
        if not kiosk.pages():
            print(f"  {address}: ended the browser, which the keeper would start again")
            break
        told = await kiosk.tell("Runtime.evaluate", expression=words)
        text = str(told.get("result", {}).get("value", ""))
        if any(word in text for word in ESCAPED_WORDS):
            escaped.append(address)
            print(f"  {address}: {text[:60]!r}")
        await kiosk.tell("Page.navigate", url=home)
    return escaped


if __name__ == "__main__":
    sys.exit(main())

"""The clerk's day by clicking: import, refused, corrected, approved, signed, read on a phone."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect, sync_playwright

from hub.intake.sheets import sheet_from_notice
from tests import empty_hub

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Page

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.timeout(240),
    pytest.mark.skipif(shutil.which("chromium") is None, reason="Chromium is not installed"),
]
VILLAGE = "530199001001"
PATIENCE_MS = 30_000
_LOGIN = re.compile(r"^(\d+)\s+\S+ (\S+): (\S+) (\S+)$", re.MULTILINE)


class Hub:
    """A hub of its own: data folder, web server, logins."""

    def __init__(self, folder: Path, notices_file: Path) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.address = f"http://127.0.0.1:{self.port}"
        env = {name: value for name, value in os.environ.items() if "DJANGO" not in name}
        self._env = env | {
            "VILLAGE_HUB_DATA": str(folder),
            "VILLAGE_HUB_URL": self.address,
            "DJANGO_SETTINGS_MODULE": "hub.site.settings",
        }
        empty_hub.put_into(folder)
        made = subprocess.run(
            [sys.executable, "-m", "hub.cli", "county", notices_file, "--data", folder],
            env=self._env, capture_output=True, text=True, check=True,
        )  # fmt: skip
        found = _LOGIN.findall(made.stdout)
        self.logins = {(code, role): (user, word) for code, role, user, word in found}
        self._log = (folder / "web.log").open("w")
        self._programs: list[subprocess.Popen[bytes]] = []
        self.start("hub.site.server", "--listen", f"127.0.0.1:{self.port}")
        self._wait()

    def start(self, module: str, *words: str) -> None:
        """One more program of this hub, until the end."""
        command = [sys.executable, "-m", module, *words]
        program = subprocess.Popen(command, env=self._env, stdout=self._log, stderr=self._log)
        self._programs.append(program)

    def _wait(self) -> None:
        ends_s = time.monotonic() + 40
        while time.monotonic() < ends_s:
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=5).close()
            except OSError:
                time.sleep(0.2)
            else:
                return
        pytest.fail("the hub's web server did not come up")

    def close(self) -> None:
        for each in self._programs:
            each.terminate()
        for each in self._programs:
            each.wait(20)
        self._log.close()


@pytest.fixture
def hub(tmp_path: Path, notices_file: Path) -> Iterator[Hub]:
    found = Hub(tmp_path / "hub", notices_file)
    yield found
    found.close()


@pytest.fixture
def browser() -> Iterator[Browser]:
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox"]
        )
        yield chromium
        chromium.close()


def _logged_in(browser: Browser, hub: Hub, role: str, outside: list[str]) -> Page:
    page = browser.new_context(locale="zh-CN", viewport={"width": 1440, "height": 1000}).new_page()
    page.set_default_timeout(PATIENCE_MS)
    page.on(
        "request",
        lambda request: (
            None
            if request.url.startswith((hub.address, "data:", "blob:"))
            else outside.append(request.url)
        ),
    )
    user, word = hub.logins[VILLAGE, role]
    page.goto(f"{hub.address}/admin/login/")
    page.fill("[name=username]", user)
    page.fill("[name=password]", word)
    page.click("form.login-form [type=submit]")
    page.wait_for_url("**/admin/")
    return page


def _submit(page: Page) -> None:
    page.get_by_role("button", name=re.compile("提交审核|重新提交|提交给")).first.click()
    page.wait_for_url("**/admin/")
    expect(
        page.get_by_text("已送审").or_(page.get_by_text("在别人那里的(1)")).first
    ).to_be_visible()


def test_a_table_is_imported_refused_corrected_approved_and_signed(
    hub: Hub, browser: Browser, notices: dict[str, dict[str, object]], tmp_path: Path
) -> None:
    sheet = tmp_path / "2024年第二季度低保.xlsx"
    sheet.write_bytes(sheet_from_notice(notices["N001"]))
    title = str(notices["N001"]["title"])
    outside: list[str] = []

    clerk = _logged_in(browser, hub, "村文书", outside)
    clerk.get_by_role("link", name="导入表格").click()
    clerk.set_input_files("[name=file]", sheet)
    clerk.select_option("[name=item]", "ZW01")
    clerk.fill("[name=summary]", "全村低保30户,公示7个工作日。")
    clerk.get_by_role("button", name="导入", exact=True).click()
    clerk.wait_for_url("**/edit/")
    expect(clerk.get_by_text("公开前要处理")).to_be_visible()
    clerk.fill("[name=valid_until]", "2099-12-31 18:00")
    clerk.get_by_role("button", name="去掉不公开的列").click()
    expect(clerk.get_by_text("隐私检查通过").first).to_be_visible()
    _submit(clerk)

    committee = _logged_in(browser, hub, "村务监督委员会", outside)
    committee.get_by_role("link", name="去审核").click()
    expect(committee.get_by_text("崔彩霞")).to_be_visible()
    committee.get_by_role("button", name="退回修改").click()
    committee.get_by_label("数字不符").check()
    committee.fill("#refuse textarea", "摘要里请写上公示的起止日期。")
    committee.locator("#refuse").get_by_role("button", name="退回").click()
    committee.wait_for_url("**/admin/")

    clerk.goto(f"{hub.address}/admin/")
    expect(clerk.get_by_text("摘要里请写上公示的起止日期。")).to_be_visible()
    clerk.get_by_role("link", name="去修改").click()
    clerk.fill("[name=summary]", "全村低保30户,7月3日至7月11日公示。")
    _submit(clerk)

    committee.goto(f"{hub.address}/admin/")
    committee.get_by_role("link", name="去审核").click()
    expect(committee.get_by_text("7月3日至7月11日公示").first).to_be_visible()
    committee.get_by_role("button", name="同意").click()
    committee.wait_for_url("**/admin/")

    secretary = _logged_in(browser, hub, "村党组织书记", outside)
    secretary.get_by_role("link", name="去审核").click()
    secretary.get_by_role("button", name="签批并公开").click()
    secretary.wait_for_url("**/admin/")

    clerk.goto(f"{hub.address}/admin/")
    expect(clerk.get_by_role("link", name=title)).to_be_visible()
    clerk.get_by_role("link", name=title).click()
    expect(clerk.get_by_text("第1版公开")).to_be_visible()
    number = re.search(rf"{VILLAGE}-\d+-\d+", clerk.content())
    assert number is not None

    phone = browser.new_context(viewport={"width": 390, "height": 844}).new_page()
    phone.goto(f"{hub.address}/n/{number[0]}/")
    expect(phone.get_by_text("名单只在本村公开，不上网。")).to_be_visible()
    said = phone.content()
    for row in notices["N001"]["table"]["rows"]:  # type: ignore[index] # the exchange form
        assert not any(secret in said for secret in (row[1], *row[7:11]))
    assert outside == []

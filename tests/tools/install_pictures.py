"""Take the manifest's screenshots anew: `python -m tests.tools.install_pictures http://127.0.0.1:PORT` of a demo zone.

Small files on purpose: 64 colours, and no picture over 150 KB (tests/pwa/test_manifest.py holds it).
"""

import io
import sys
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from tests.browser import chromium
from tests.browser.screens import FLAGS, PLACE

FOLDER = Path(__file__).parents[2] / "fieldapp" / "static" / "icons" / "screens"
PASSWORD = "Fieldapp-demo1"
COLOURS = 64
NARROW: dict[str, Any] = {"viewport": {"width": 390, "height": 780}, "device_scale_factor": 1.5, "is_mobile": True}
WIDE: dict[str, Any] = {"viewport": {"width": 1280, "height": 800}}


def main(url: str) -> None:
    FOLDER.mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium.find(), args=FLAGS)
        for language in ("zh", "en"):
            _narrow(browser, url, language)
            _wide(browser, url, language)
        browser.close()


def _narrow(browser: Browser, url: str, language: str) -> None:
    page = _signed_in(browser, url, language, "officer1", NARROW)
    _keep(page, f"today-{language}")
    page.goto(f"{url}/projects", wait_until="networkidle")
    page.locator("main a[href^='/projects/']").first.click()
    page.wait_for_load_state("networkidle")
    _keep(page, f"project-{language}")
    page.goto(f"{url}/capture?project={page.url.rpartition('/')[2]}", wait_until="networkidle")
    page.locator("form.capture .savebar-go").wait_for()
    _keep(page, f"capture-{language}")
    page.context.close()


def _wide(browser: Browser, url: str, language: str) -> None:
    page = _signed_in(browser, url, language, "lead1", WIDE)
    page.goto(f"{url}/issues", wait_until="networkidle")
    _keep(page, f"issues-{language}")
    page.context.close()


def _signed_in(browser: Browser, url: str, language: str, name: str, size: dict[str, Any]) -> Page:
    context = browser.new_context(**size, **PLACE, service_workers="block")
    context.add_cookies([{"name": "fieldapp_lang", "value": {"zh": "zh_Hans_CN"}.get(language, language), "url": url}])
    page = context.new_page()
    page.goto(f"{url}/login")
    page.locator("[name=username]").fill(name)
    page.locator("[name=password]").fill(PASSWORD)
    page.locator("form[data-sign-in] [type=submit]").click()
    page.locator("form[data-sign-in]").wait_for(state="detached")
    for link in page.locator("form[action='/notice'] button").all():  # the notice before the first use
        link.click()
    page.goto(url, wait_until="networkidle")
    return page


def _keep(page: Page, name: str) -> None:
    picture = Image.open(io.BytesIO(page.screenshot()))
    small = picture.convert("RGB").quantize(COLOURS, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
    small.save(FOLDER / f"{name}.png", optimize=True)


if __name__ == "__main__":
    main(sys.argv[1])

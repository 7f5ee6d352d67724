"""The pages that everyone sees first, in a real browser: policy, barriers, both languages, both sizes."""

import pytest
from playwright.sync_api import expect

from tests.browser.screens import Desk, Phone, Screen

LANGUAGES = {"zh_Hans_CN": "登录", "en": "Sign in"}


@pytest.fixture(params=["phone", "desk"])
def screen(request: pytest.FixtureRequest) -> Screen:
    found: Phone | Desk = request.getfixturevalue(request.param)
    return found


@pytest.mark.parametrize("language", LANGUAGES)
def test_ana_signs_in_and_finds_her_own_page_without_barriers(screen: Screen, language: str) -> None:
    screen.speak(language)
    page = screen.open("/login")
    expect(page.locator("h1")).to_have_text(LANGUAGES[language])
    assert screen.barriers() == []
    screen.screenshot(f"login-{language}")
    screen.sign_in("ana")
    page = screen.open("/settings")
    expect(page.get_by_text("安娜")).to_be_visible()
    assert screen.barriers() == []
    screen.screenshot(f"settings-{language}")


def test_my_own_device_is_preset_on_a_phone_and_not_at_a_desk(phone: Phone, desk: Desk) -> None:
    expect(phone.open("/login").locator("[name=own_device]")).to_be_checked()
    expect(desk.open("/login").locator("[name=own_device]")).not_to_be_checked()


def test_a_killed_phone_comes_back_signed_in(phone: Phone) -> None:
    phone.sign_in("ana")
    phone.open("/settings")
    phone.kill()
    expect(phone.reopen("/settings").get_by_text("安娜")).to_be_visible()


def test_a_phone_may_put_the_app_on_its_home_screen(phone: Phone) -> None:
    page = phone.open("/capture")
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    found = phone.context.new_cdp_session(page).send("Page.getInstallabilityErrors")
    assert found["installabilityErrors"] == []


def test_what_a_page_breaks_is_noticed(phone: Phone) -> None:
    """The collectors themselves: without this, a clean list would prove nothing."""
    page = phone.open("/login")
    page.evaluate("document.body.insertAdjacentHTML('beforeend', '<p style=\"color: red\"><img></p>')")
    page.evaluate("setTimeout(() => { throw new Error('let out') })")
    expect(page.locator("p[style] > img")).to_have_count(1)
    assert any(finding.startswith("image-alt") for finding in phone.barriers())
    assert {violation.split()[0] for violation in phone.violations} == {"style-src-attr"}
    assert any("let out" in error for error in phone.errors)
    phone.violations.clear()
    phone.errors.clear()

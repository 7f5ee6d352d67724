"""A passkey from its making to its end, in a real Chromium with an authenticator of its own (CDP)."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.screens import Desk
from tests.conftest import LiveServer

PHONE_LIKE = {
    "protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
    "isUserVerified": True, "automaticPresenceSimulation": True,
}  # fmt: skip


@pytest.fixture
def here(chromium_of_all: Browser, served: LiveServer) -> Iterator[Desk]:
    """By the machine's name: there are no passkeys for an address of numbers."""
    screen = Desk(chromium_of_all, served.url.replace("127.0.0.1", "localhost"))
    yield screen
    screen.close()
    assert screen.complaints() == []


def test_ana_makes_a_passkey_signs_in_with_it_and_takes_it_away(here: Desk) -> None:
    here.sign_in("ana", own_device=False)
    cdp = here.context.new_cdp_session(here.page)
    cdp.send("WebAuthn.enable")
    key = cdp.send("WebAuthn.addVirtualAuthenticator", {"options": PHONE_LIKE})["authenticatorId"]
    page = here.open("/settings/second-factor/code-app")
    expect(page.locator(".code-app-picture")).to_have_js_property("complete", True)  # the policy lets it in
    assert here.barriers() == []
    page = here.open("/settings/passkeys/new")
    cdp.send("WebAuthn.setUserVerified", {"authenticatorId": key, "isUserVerified": False})
    page.locator("form[data-passkey] [type=submit]").click()
    expect(page.locator("[data-passkey-refused]")).to_be_visible()  # a finger that it does not know
    cdp.send("WebAuthn.setUserVerified", {"authenticatorId": key, "isUserVerified": True})
    page.locator("[name=name]").fill("我的手机")
    page.locator("form[data-passkey] [type=submit]").click()
    expect(page.locator(".recovery-codes li")).to_have_count(10)
    page.locator(".form-actions a").click()
    expect(page.locator("input[name=name]")).to_have_value("我的手机")
    assert here.barriers() == []
    here.open("/settings").locator("form[data-sign-out] button").click()
    page.locator("a[href^='/login/passkey']").click()
    page.locator("form[data-passkey] [type=submit]").click()
    expect(page.locator(".nav")).to_be_visible()
    here.open("/settings/devices")
    expect(page.locator("form[action$='/end']")).to_have_count(0)
    assert here.barriers() == []
    here.open("/settings/second-factor").locator("form[action$='/removal'] button").click()
    expect(page.locator("input[name=name]")).to_have_count(0)

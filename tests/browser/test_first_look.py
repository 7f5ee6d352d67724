"""A phone of one's own: it stays signed in, takes the app to its home screen; and whatever a page breaks is noticed."""

from playwright.sync_api import expect

from tests.browser.screens import Phone


def test_a_phone_may_put_the_app_on_its_home_screen_and_comes_back_signed_in_when_killed(phone: Phone) -> None:
    phone.sign_in("ana")
    page = phone.open("/capture")
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    found = phone.context.new_cdp_session(page).send("Page.getInstallabilityErrors")
    assert found["installabilityErrors"] == []
    phone.kill()
    expect(phone.reopen("/settings").get_by_text("安娜")).to_be_visible()


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

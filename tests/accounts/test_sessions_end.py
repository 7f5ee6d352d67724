"""Signing out everywhere else, as when a phone was lost."""

from collections.abc import Callable

from flask.testing import FlaskClient
from sqlalchemy import select

from fieldapp.core.db import Database
from fieldapp.core.models import Audit
from tests.accounts.conftest import inside, sign_in
from tests.cast import PASSWORD, Cast

Browser = Callable[..., FlaskClient]


def test_the_lost_phone_and_a_copied_cookie_are_out_and_this_device_is_in(
    browser: Browser, db: Database, cast: Cast
) -> None:
    lost, desk, bos, thief = browser(), browser(), browser(), browser()
    for client, name in ((lost, "ana"), (desk, "ana"), (bos, "bo")):
        sign_in(client, name, own_device="y")
    copied = next(cookie for cookie in desk._cookies.values() if cookie.key.endswith("fieldapp"))
    thief.set_cookie(copied.key, copied.value, domain="localhost")
    assert inside(thief)
    answer = desk.post("/settings/sessions", data={"proof": PASSWORD})
    assert (answer.status_code, answer.location) == (303, "/settings/devices?ended=all")
    assert "其他设备已全部退出登录" in desk.get(answer.location).text
    assert [inside(client) for client in (lost, thief, desk, bos)] == [False, False, True, True]
    assert lost.get("/api/v1/me").status_code == 401
    with db.reading() as session:
        told = session.scalars(select(Audit).where(Audit.verb == "user.sessions-ended")).one()
    assert (told.actor_id, told.subject_id) == (cast.ana, str(cast.ana))


def test_it_asks_for_the_password_at_its_field(browser: Browser) -> None:
    desk, phone = browser(), browser()
    for client in (desk, phone):
        sign_in(client, "ana")
    for proof, says in (("", "请输入密码"), ("not-it", "当前密码不正确")):
        answer = desk.post("/settings/sessions", data={"proof": proof})
        assert answer.status_code == 422
        assert says in answer.text and 'id="proof-error"' in answer.text
        assert answer.text.count("autofocus") == 1  # it stands far down the page
    assert inside(phone)

"""Networks that lie: the phone believes it is online and nothing comes back. Nothing hangs for ever or is lost."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from playwright.sync_api import Page, expect

from tests.browser.deeds import Form, get_ready, held, log_visit, states
from tests.browser.screens import Phone
from tests.network.scene import Scene
from tests.network.watch import now, watch

OPENS_WITHIN = 5.0
SAVES_WITHIN = 5.0
BACK_WITHIN = 300.0  # and not when the system at last gives a dead connection up, after a quarter of an hour
SOME = 100_000  # bytes of a photo that have arrived when something happens to the link
SHORT = 1_200  # bytes of a packet that still pass where the MTU is wrong


def run(scene: Scene) -> list[dict[str, Any]]:
    with scene.phone() as phone:
        get_ready(phone)
        return [
            _silence(scene, phone),
            _in_mid_upload(scene, phone, "another address", scene.link.moves),
            _in_mid_upload(scene, phone, "half-open connection", lambda: scene.link.forgets(silently=True)),
            _wrong_mtu(scene, phone),
        ]


def _silence(scene: Scene, phone: Phone) -> dict[str, Any]:
    link = scene.link
    link.becomes("3g")
    link.cuts()
    assert phone.page.evaluate("navigator.onLine")
    begun = now()
    phone.open("/projects")
    expect(phone.page.locator("h1")).to_have_text("离线")
    shell_s, begun = now() - begun, now()
    page = phone.open("/capture?new")
    expect(page.locator('[data-view="pick"]')).to_be_visible()
    capture_s = now() - begun
    form = Form(page).choose().kind().write(progress="信号满格，什么也不通").take(scene.photo("silence")).shrunk()
    begun = now()
    assert "已保存" in form.save()
    save_s = now() - begun
    assert capture_s < OPENS_WITHIN and save_s < SAVES_WITHIN, (capture_s, save_s)
    _, gave_up_s = watch("the queue backing off", lambda: held(page, "records")[-1], _waits)
    link.joins()
    back_s = _sent(scene, page)
    return {
        "trouble": "silence while online",
        "other_page_s": round(shell_s, 1),
        "capture_s": round(capture_s, 1),
        "save_s": round(save_s, 1),
        "gave_up_s": round(gave_up_s, 1),
        "back_s": round(back_s, 1),
    }


def _waits(row: dict[str, Any]) -> bool:
    return row["tries"] > 0 and row["state"] != "sent"


def _in_mid_upload(scene: Scene, phone: Phone, trouble: str, happens: Callable[[], None]) -> dict[str, Any]:
    link, relay = scene.link, scene.office.relay
    link.becomes("slow3g")
    before = relay.uploaded()
    log_visit(phone, trouble, [scene.photo(f"{trouble}-{n}") for n in range(2)])
    watch("the first bytes", lambda: relay.uploaded() - before, lambda n: n > SOME)
    happens()
    back_s = _sent(scene, phone.page)
    assert back_s < BACK_WITHIN, back_s
    size = sum(row["size"] for row in held(phone.page, "photos")[-2:])
    return {
        "trouble": trouble,
        "back_s": round(back_s, 1),
        "uploaded_ratio": round((relay.uploaded() - before) / size, 3),
    }


def _wrong_mtu(scene: Scene, phone: Phone) -> dict[str, Any]:
    link = scene.link
    link.becomes("3g")
    link.loses_long_ones(SHORT)
    log_visit(phone, "大包不通", [scene.photo("mtu")])
    _, gave_up_s = watch("its photo given up for now", lambda: _tries(phone.page), bool)
    link.becomes("3g")
    return {
        "trouble": "long packets vanish",
        "gave_up_s": round(gave_up_s, 1),
        "back_s": round(_sent(scene, phone.page), 1),
    }


def _tries(page: Page) -> int:
    waiting = [row for row in held(page, "photos") if row["state"] != "stored"]
    records = [row for row in held(page, "records") if row["state"] != "sent"]
    return sum(row["tries"] for row in [*waiting, *records])


def _sent(scene: Scene, page: Page) -> float:
    """Nobody touches the phone."""
    n = len(states(page))
    _, took = watch("all sent", lambda: states(page), lambda found: found == ["sent"] * n)
    assert len({visit.id for visit in scene.office.visits()} & {UUID(row["id"]) for row in held(page, "records")}) == n
    return took

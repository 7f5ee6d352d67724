"""Real minutes with an empty queue: what leaves the phone."""

from typing import Any

from playwright.sync_api import Page

from tests.browser.deeds import get_ready
from tests.browser.screens import Phone
from tests.browser.test_quiet import HIDE, NEWS
from tests.network.scene import Scene
from tests.network.watch import rest, watch

SETTLED = 5
LOOK_EVERY = 10


def run(scene: Scene, seconds: int = 150) -> dict[str, Any]:
    scene.link.becomes("4g")
    with scene.phone() as phone:
        get_ready(phone)
        found: dict[str, Any] = {"seconds": seconds}
        for name, path in (("today", "/"), ("outbox", "/outbox")):
            for state in ("visible", "hidden"):
                page = _settled(scene, phone, path, state)
                found[f"{name}_{state}"] = len(_requests(scene, page, seconds))
                assert found[f"{name}_{state}"] == 0, scene.office.relay.seen[-5:]
        project = f"/projects/{scene.office.cast.sail}"
        page = _settled(scene, phone, project, "visible")
        found["timeline_visible"] = len(_requests(scene, page, 3 * LOOK_EVERY + 5))
        # At once when it is seen, then ten seconds after each answer, however slow that is.
        assert found["timeline_visible"] in (2, 3, 4), found
        page = _settled(scene, phone, project, "hidden")
        found["timeline_hidden"] = len([one for one in _requests(scene, page, seconds) if NEWS in one])
        assert found["timeline_hidden"] == 0
        found["requests"] = sum(n for name, n in found.items() if name.startswith(("today", "outbox")))
        return found


def _settled(scene: Scene, phone: Phone, path: str, state: str) -> Page:
    """Everything that a page asks for when it opens has been asked for."""
    page = phone.open(path)
    page.wait_for_load_state("networkidle")
    page.evaluate(HIDE, state)
    seen: list[int] = []

    def quiet() -> bool:
        seen.append(len(scene.office.relay.seen))
        rest(1)
        return len(seen) > SETTLED and seen[-1] == seen[-SETTLED]

    if NEWS not in path:
        watch("a page that has settled", quiet, bool, within=60)
    return page


def _requests(scene: Scene, page: Page, seconds: int) -> list[str]:
    before = len(scene.office.relay.seen)
    rest(seconds)
    assert page.evaluate("document.visibilityState")  # it lives
    return [one.path for one in scene.office.relay.seen[before:]]

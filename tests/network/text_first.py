"""An officer's visit made without network, then sent over a bad one: its text is there long before its photos."""

from random import Random
from typing import Any

from tests.browser.deeds import get_ready, held, log_visit, states
from tests.browser.screens import Phone
from tests.network.scene import Scene
from tests.network.watch import now, watch

NETWORKS = ("2g", "slow3g", "3g", "lossy", "changing")
PHOTOS = 3
TURNS = ("3g", "2g", "lossy", "slow3g", "cut")


def run(scene: Scene, networks: tuple[str, ...] = NETWORKS) -> list[dict[str, Any]]:
    with scene.phone() as phone:
        get_ready(phone)
        return [_one(scene, phone, network, n) for n, network in enumerate(networks, 1)]


def _one(scene: Scene, phone: Phone, network: str, n: int) -> dict[str, Any]:
    office, link = scene.office, scene.link
    link.becomes("lan")
    before = len(office.photos())
    phone.offline()
    words = f"网络{network}"
    log_visit(phone, words, [scene.photo(f"{network}-{i}") for i in range(PHOTOS)])
    hashes = [row["sha256"] for row in held(phone.page, "photos")]
    turns = _Turns(scene, network)
    project = f"/projects/{office.cast.sail}"
    link.forgets(silently=False)  # it comes from nowhere: no connection of before helps it
    phone.online()
    begun = now()

    def look() -> bool:
        turns.go_on()
        return words in office.lead.reads(project)

    watch(f"the text by {network}", look, bool)
    text_after, with_it = now() - begun, len(office.photos()) - before
    watch(f"the photos by {network}", lambda: (turns.go_on(), len(office.photos()) - before)[1], lambda n: n == PHOTOS)
    photos_after = now() - begun
    link.becomes("lan")
    watch("receipts", lambda: states(phone.page), lambda found: found == ["sent"] * n)
    assert with_it < PHOTOS, "the text came no sooner than the photos"
    assert len(office.visits()) == n, "lost or doubled"
    return {
        "network": network,
        "text_s": round(text_after, 1),
        "photos_by_then": with_it,
        "all_photos_s": round(photos_after, 1),
        "kilobytes": sum(row["size"] for row in held(phone.page, "photos")[-PHOTOS:]) // 1000,
        "complete": set(office.photos()) >= set(filter(None, hashes)),
    }


class _Turns:
    """The network as it is said, or another one every few seconds."""

    def __init__(self, scene: Scene, network: str) -> None:
        self._link, self._chance = scene.link, Random(scene.seed)
        self._changing = network == "changing"
        self._next = now() + self._chance.uniform(3, 6)
        self._link.becomes("3g" if self._changing else network)

    def go_on(self) -> None:
        if not self._changing or now() < self._next:
            return
        turn = self._chance.choice(TURNS)
        if turn == "cut":
            self._link.cuts()
        else:
            self._link.becomes(turn)
        self._next = now() + self._chance.uniform(3, 6)

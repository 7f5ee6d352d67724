"""Ten photos, and a link that breaks twenty times while they go up: what was sent, against what there was to send."""

from random import Random
from typing import Any

from tests.browser.deeds import get_ready, held, log_visit, states
from tests.network.scene import Scene
from tests.network.watch import now, rest, watch

PHOTOS = 10
# How a link breaks: with a reset, by the phone getting another address, by falling silent for a while, by a
# connection being forgotten on the way and nobody told.
BREAKS = ("reset",) * 8 + ("silence",) * 6 + ("address",) * 4 + ("forgotten",) * 2
MOST = 1.10


def run(scene: Scene, network: str = "3g", photos: int = PHOTOS, breaks: tuple[str, ...] = BREAKS) -> dict[str, Any]:
    chance, link, office = Random(scene.seed), scene.link, scene.office
    link.becomes("lan")
    with scene.phone() as phone:
        page = get_ready(phone)
        phone.offline()
        visits, before = len(office.visits()), len(office.photos())
        log_visit(phone, "二十次中断", [scene.photo(f"cut-{i}") for i in range(photos)])
        rows = held(page, "photos")
        size = sum(row["size"] for row in rows)
        places = sorted(chance.uniform(0, 0.97 * size) for _ in breaks)
        kinds = chance.sample(breaks, len(breaks))
        sent, bodies = link.sent.copy(), office.relay.uploaded()
        link.becomes(network)
        phone.online()
        begun = now()
        for place, kind in zip(places, kinds, strict=True):
            watch(f"{place:.0f} bytes", lambda: office.relay.uploaded() - bodies, place.__le__)
            _break(scene, kind, chance)
        watch("all photos", lambda: len(office.photos()) - before, lambda n: n == photos)
        took = now() - begun
        watch("receipts", lambda: states(page), lambda found: found == ["sent"])
        uploaded = office.relay.uploaded() - bodies
        wire = {name: value - sent[name] for name, value in link.sent.copy().items()}
        whole = len(office.visits()) == visits + 1
        assert whole and sorted(row["sha256"] for row in held(page, "photos")) == _news(office.photos(), before, page)
    return {
        "network": network,
        "cuts": len(breaks),
        "photos": photos,
        "photo_bytes": size,
        "uploaded_bytes": uploaded,
        "uploaded_ratio": round(uploaded / size, 3),
        "said_once_ratio": round((wire["payload"] - wire["again"]) / size, 3),
        "link_ratio": round(wire["bytes"] / size, 3),
        "again_bytes": wire["again"],
        "head_bytes": wire["heads"],
        "seconds": round(took, 1),
    }


def _news(stored: list[str], before: int, page: Any) -> list[str]:
    ours = {row["sha256"] for row in held(page, "photos")}
    return [sha256 for sha256 in stored if sha256 in ours]


def _break(scene: Scene, kind: str, chance: Random) -> None:
    link = scene.link
    if kind == "silence":
        link.cuts()
        rest(chance.uniform(2, 8))
        link.joins()
    elif kind == "address":
        link.moves()
    else:
        link.forgets(silently=kind == "forgotten")

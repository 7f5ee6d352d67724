"""What an officer does with a phone of any engine, and what that phone holds."""

from collections.abc import Callable
from contextlib import suppress
from itertools import count
from pathlib import Path
from typing import Any, TypeVar

from tests.browser.deeds import KIND, PROJECT, READ
from tests.cast import PASSWORD
from tests.engines.device import Device, PageError
from tests.processes import until

T = TypeVar("T")
LONG = 150  # looks
TAP = """() => {
  const button = document.querySelector("[data-send]:not([aria-busy])");
  if (button?.offsetParent) button.click();
}"""
WORKER = """async () => {
  const { installing, waiting, active } = (await navigator.serviceWorker.getRegistration()) ?? {};
  const states = [installing, waiting, active].map((worker) => worker?.state ?? null);
  return { at_work: navigator.serviceWorker.controller !== null, states };
}"""
# WebKit has been seen to answer nothing at all, until it was ended.
WITHIN = "(asked) => Promise.race([(%s)(asked), new Promise((done) => setTimeout(done, 5000, []))])"
LOOK = """(css) => {
  const step = document.querySelector(css);
  return [!step.offsetParent, step.hasAttribute("data-open")];
}"""


def held(device: Device, store: str, *, hashes: bool = False) -> list[dict[str, Any]]:
    """The rows of one of the phone's stores; bytes as their size, and their SHA-256 where wished."""
    rows: list[dict[str, Any]] = device.run(READ, {"store": store, "hashes": hashes})
    return rows


def eventually(what: str, look: Callable[[], T], fits: Callable[[T], bool]) -> T:
    """Look until it fits, and say what was seen. A page that is just reloading is looked at again."""
    seen: list[Any] = ["nothing"]

    def see() -> bool:
        try:
            seen[0] = look()
        except PageError as error:
            seen[0] = error
            return False
        return fits(seen[0])

    try:
        until(what, see)
    except AssertionError as error:
        raise AssertionError(f"{error}; seen: {seen[0]}") from None
    found: T = seen[0]
    return found


def states(device: Device) -> list[str]:
    """The state of every record on this phone, oldest first."""
    return [row["state"] for row in sorted(held(device, "records"), key=lambda row: str(row["created_at"]))]


def hashes(device: Device) -> list[str]:
    """Of the photos that lie on this phone."""
    return sorted(row["buf"]["sha256"] for row in held(device, "bytes", hashes=True))


def words(device: Device) -> list[str]:
    """What was written as progress in the records that wait, oldest first."""
    rows = sorted(held(device, "records"), key=lambda row: str(row["created_at"]))
    return [row["form"].get("progress", "") for row in rows if row["state"] in {"saved", "sealed", "needs_you"}]


def sign_in(device: Device, name: str = "ana", path: str = "/login") -> None:
    device.open(path)
    device.fill("[name=username]", name)
    device.fill("[name=password]", PASSWORD)
    device.click("form[data-sign-in] [type=submit]")
    device.wait_for("form[data-sign-in]", visible=False)


def get_ready(device: Device, name: str = "ana") -> None:
    """Signed in, the shell kept by the worker, the reference data on the phone."""
    sign_in(device, name)
    looks = count(1)

    def look() -> dict[str, Any]:
        seen = next(looks)
        if seen == LONG:  # a first visit may fail: an officer opens the page again
            device.open("/settings")
        elif seen == 2 * LONG:  # WebKit may lose its workers or its store until it is ended: an officer closes the app
            device.kill()
            device.reopen("/settings")
            if device.run("() => document.querySelector('form[data-sign-in]') !== null"):
                sign_in(device, name)
        worker = dict(device.run(WORKER))  # first: nothing but the page itself opens its store before it is there
        return {**worker, "knows": sorted(knows(device)) if worker["at_work"] else []}

    eventually("ready", look, lambda seen: {"kinds", "projects"} <= set(seen["knows"]))


def knows(device: Device) -> set[str]:
    rows = device.run(WITHIN.replace("%s", READ), {"store": "ref", "hashes": False})
    return {row["key"].split(":", 1)[1] for row in rows}


def new_visit(device: Device, **texts: str) -> None:
    """The capture page, at a site inspection of ana's project, with these words in it."""
    device.open("/capture?new")
    device.fill("[data-search]", "yfxcl")
    eventually("the project is found", lambda: device.text('[data-list="projects"]'), lambda found: PROJECT in found)
    device.click('[data-list="projects"] [data-project]')
    device.wait_for('form[data-view="form"]')
    # The form chooses the last kind of this project by itself, and folds the step; tapped on only where it has not.
    chosen = "(css) => document.querySelector(css)?.checked ?? null"
    radio = f'[data-kinds] input[value="{KIND}"]'
    if not eventually("the kinds", lambda: device.run(chosen, radio), lambda found: found is not None):
        unfold(device, "kind")
        device.click(f"[data-kinds] .kind:has(input[value='{KIND}'])")
    for name, said in texts.items():
        unfold(device, name)
        device.fill(f'[data-text="{name}"]', said)


def unfold(device: Device, name: str) -> None:
    """Tapped on until it is open: what is above it may grow under the finger."""
    step = f'[data-step="{name}"]'

    def opened() -> bool:
        hidden, is_open = device.run(LOOK, step)
        if hidden:
            device.click("[data-more]")
        elif not is_open:
            device.click(f"{step} .step-head")
        return bool(is_open)

    eventually(f"{name} opens", opened, bool)


def take(device: Device, *files: Path) -> None:
    """From the album. Done when each is kept on the phone and its small version made, or given up."""
    tiles = "() => document.querySelectorAll('[data-photos] [data-photo]').length"
    before = device.run(tiles)
    device.attach("[data-gallery]", *files)
    eventually("photos taken", lambda: device.run(tiles), lambda n: n == before + len(files))
    eventually(
        "photos made small",
        lambda: held(device, "photos"),
        lambda rows: all(row["shrinking_until"] == 0 for row in rows),
    )


def stand(device: Device) -> None:
    """The position is found; asked for, where the browser has not been given leave before."""
    state = "() => document.querySelector('[data-accuracy]').dataset.state"
    if device.run(state) == "none":
        unfold(device, "position")
        device.click("[data-locate]")
    eventually("the position", lambda: device.run(state), lambda found: found != "none")


def add_issue(device: Device, title: str, photo: int) -> None:
    """With one of the photos taken, counted from 1."""
    unfold(device, "issues")
    device.click("[data-add-issue]")
    device.fill('[data-issue-sheet] [data-in="title"]', title)
    device.click(f"[data-issue-sheet] [data-issue-photo]:nth-child({photo})")
    device.click("[data-issue-sheet] [type=submit]")
    device.wait_for("[data-issue-sheet]", visible=False)


def save(device: Device) -> str:
    """Saved on this phone; what the page says about it."""
    device.click(".savebar-go")
    device.wait_for('[data-view="saved"] [data-slot="saved"]')
    return device.text('[data-view="saved"] [data-slot="saved"]')


def log_visit(device: Device, said: str, *files: Path) -> str:
    new_visit(device, progress=said)
    if files:
        take(device, *files)
    return save(device)


def all_sent(device: Device, n: int) -> None:
    """The officer has the outbox open and taps "send now" until every record has its receipt, photos included."""

    def tap() -> list[str]:
        device.run(TAP)
        return states(device)

    device.open("/outbox")
    with suppress(AssertionError):  # a page left in the middle of its work is waited for as long (FIRST_LEASE_MS)
        eventually(f"{n} records sent", tap, lambda found: found == ["sent"] * n)
    eventually(f"{n} records sent", tap, lambda found: found == ["sent"] * n)

"""What people do with the phone in these tests, and what the phone holds: shared by every journey."""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, TypeVar

from PIL import Image
from playwright.sync_api import Error, Locator, Page, expect
from sqlalchemy import func, select

from fieldapp.core.db import Database
from fieldapp.photos.models import STORED, Photo
from fieldapp.visits.models import Visit
from tests.browser.screens import Phone
from tests.photos.pictures import ORIENTATION, jpeg, scene
from tests.processes import until

KIND = "site_inspection"
PROJECT = "云帆新材料（一期）"
T = TypeVar("T")

# Reads the phone's own store; opened without a version, it changes nothing.
READ = """async ({ store, hashes }) => {
  const known = await indexedDB.databases();
  if (!known.some(({ name }) => name === "fieldapp")) return [];
  const db = await new Promise((done, fail) => {
    const asked = indexedDB.open("fieldapp");
    asked.onsuccess = () => done(asked.result);
    asked.onerror = () => fail(asked.error);
  });
  try {
    if (!db.objectStoreNames.contains(store)) return [];
    const rows = await new Promise((done, fail) => {
      const asked = db.transaction(store).objectStore(store).getAll();
      asked.onsuccess = () => done(asked.result);
      asked.onerror = () => fail(asked.error);
    });
    for (const row of rows) {
      for (const name of ["buf", "thumb", "sealed"]) {
        if (row[name]?.byteLength === undefined) continue;
        const digest = hashes ? await crypto.subtle.digest("SHA-256", row[name]) : new ArrayBuffer(0);
        const sha256 = [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
        row[name] = { size: row[name].byteLength, sha256 };
      }
    }
    return rows;
  } finally {
    db.close();
  }
}"""


def held(page: Page, store: str, *, hashes: bool = False) -> list[dict[str, Any]]:
    """The rows of one of the phone's stores; bytes as their size, and their SHA-256 where wished."""
    rows: list[dict[str, Any]] = page.evaluate(READ, {"store": store, "hashes": hashes})
    return rows


def eventually(what: str, look: Callable[[], T], fits: Callable[[T], bool]) -> T:
    """Look until it fits, and say what was seen. A page that is just reloading is looked at again."""
    seen: list[T] = []

    def see() -> bool:
        try:
            seen[:] = [look()]
        except Error as error:
            if "context was destroyed" in str(error) or "navigation" in str(error).lower():
                return False
            raise
        return fits(seen[0])

    until(what, see, seldom=True)
    return seen[0]


def states(page: Page) -> list[str]:
    """The state of every record on this phone, oldest first."""
    return [row["state"] for row in sorted(held(page, "records"), key=lambda row: str(row["created_at"]))]


def all_sent(page: Page, n: int) -> None:
    """Every one of the phone's `n` records has its receipt, photos included."""
    eventually(f"{n} records sent", lambda: states(page), lambda found: found == ["sent"] * n)


def get_ready(phone: Phone, name: str = "ana", *, to_be_killed: bool = False) -> Page:
    """Signed in, the shell kept by the worker, the reference data on the phone."""
    if to_be_killed:
        phone.sign_in(name)  # and closed politely once, so that the login is on its disk
    else:
        phone.enter(name)
    return load_up(phone)


def load_up(phone: Phone, path: str = "/settings") -> Page:
    """Whoever is signed in already: everything that capture needs without a network comes down."""
    page = phone.open(path)
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    eventually("the worker at work", lambda: page.evaluate("navigator.serviceWorker.controller !== null"), bool)
    eventually("reference data", lambda: reference(page), lambda ref: "kinds" in ref and "projects" in ref)
    return page


def reference(page: Page) -> dict[str, Any]:
    """What the phone knows by heart, by name."""
    return {row["key"].split(":", 1)[1]: row["value"] for row in held(page, "ref")}


def snapshot(folder: Path, name: str, *, size: tuple[int, int] = (1200, 900), orientation: int = 1) -> Path:
    """A photo as a camera writes it, every name with a look of its own."""
    tint = sum(name.encode()) % 200
    picture = scene(*size)
    picture.paste((tint, 255 - tint, 90), (size[0] // 3, size[1] // 3, size[0] // 2, size[1] // 2))
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    path = folder / f"{name}.jpg"
    path.write_bytes(jpeg(picture, exif=exif.tobytes()))
    return path


class Form:
    """The capture page under an officer's thumb."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def step(self, name: str) -> Any:
        return self.page.locator(f'[data-step="{name}"]')

    def choose(self, typed: str = "yfxcl", title: str = PROJECT) -> "Form":
        """A project, by what one types of it."""
        self.page.locator("[data-search]").fill(typed)
        self.page.locator('[data-list="projects"] [data-project]', has_text=title).first.click()
        expect(self.page.locator('form[data-view="form"]')).to_be_visible()
        return self

    def kind(self, code: str = KIND) -> "Form":
        self.unfold("kind")
        self.page.locator(f'[data-kinds] .kind:has(input[value="{code}"])').click()
        return self

    def unfold(self, name: str) -> Any:
        step = self.step(name)
        if not step.is_visible():
            self.page.locator("[data-more]").click()
        if step.get_attribute("data-open") is None:
            step.locator(".step-head").click()
        return step

    def write(self, **texts: str) -> "Form":
        for name, words in texts.items():
            self.unfold(name).locator(f'[data-text="{name}"]').fill(words)
        return self

    def take(self, *files: Path) -> "Form":
        """From the album. Done when each is kept on the phone and its small version made."""
        before = self.page.locator("[data-photos] [data-photo]").count()
        self.page.locator("[data-gallery]").set_input_files([*files])
        expect(self.page.locator("[data-photos] [data-photo]")).to_have_count(before + len(files))
        return self

    def shrunk(self) -> "Form":
        """The worker has made the versions that will be uploaded."""
        eventually(
            "photos made small",
            lambda: held(self.page, "photos"),
            lambda rows: all(row["shrunk"] or row["shrink_failed"] for row in rows),
        )
        return self

    def stands(self) -> "Form":
        """The position has been found."""
        expect(self.page.locator("[data-accuracy]")).not_to_have_attribute("data-state", "none")
        return self

    def issue(self, title: str, photo: int | None = None, **more: str) -> "Form":
        """A follow-up issue, with one of the photos taken (counted from 0)."""
        self.unfold("issues").locator("[data-add-issue]").click()
        sheet = self.page.locator("[data-issue-sheet]")
        sheet.locator('[data-in="title"]').fill(title)
        for name, value in more.items():
            field = sheet.locator(f'[data-in="{name}"]')
            if field.evaluate("field => field.tagName") == "SELECT":
                field.select_option(value)
            else:
                field.fill(value)
        if photo is not None:
            sheet.locator("[data-issue-photo]").nth(photo).click()
        sheet.locator("[type=submit]").click()
        expect(sheet).to_be_hidden()
        return self

    def save(self) -> str:
        """Saved on this phone, apart from what a colleague may have sent; what the page says about it."""
        self.page.locator(".savebar-go").click()
        said = self.page.locator('[data-view="saved"] [data-slot="saved"]')
        apart = self.page.locator("[data-joint] [value=apart]")
        expect(said.or_(apart).filter(visible=True)).to_be_visible()
        if apart.is_visible():
            apart.click()
        expect(said).to_be_visible()
        return said.inner_text()


def new_visit(phone: Phone) -> Form:
    """The capture page, at the choice of the project."""
    page = phone.open("/capture?new")
    expect(page.locator('[data-view="pick"]')).to_be_visible()
    return Form(page)


def log_visit(phone: Phone, words: str, photos: Iterable[Path] = ()) -> str:
    """A short visit to ana's project, saved."""
    form = new_visit(phone).choose().kind().write(progress=words)
    files = list(photos)
    if files:
        form.take(*files).shrunk()
    return form.save()


def visits(db: Database) -> list[Visit]:
    with db.reading() as session:
        return list(session.scalars(select(Visit).order_by(Visit.id)))


def stored(db: Database) -> list[str]:
    """The hashes of the photos that the server has."""
    with db.reading() as session:
        return sorted(session.scalars(select(Photo.sha256).where(Photo.state == STORED)))


def made(db: Database) -> int:
    """Photos whose copies are drawn."""
    with db.reading() as session:
        return session.scalar(select(func.count()).select_from(Photo).where(Photo.derivative == "made")) or 0


def drawn(picture: Locator) -> None:
    """It is not only there, it shows something."""
    picture.scroll_into_view_if_needed()
    eventually("a picture", lambda: picture.evaluate("img => img.naturalWidth"), lambda wide: wide > 0)

"""Every page for everyone who works here: no barrier, no violation of the policy, no error, both languages, both sizes.

With FIELDAPP_PICTURES=1, pictures for people to look at are written to build/screenshots/<person>-<size>-<language>/.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from playwright.sync_api import Browser, Locator, Page, Playwright, expect
from sqlalchemy import select

from fieldapp.core import clock
from fieldapp.core.db import Database, new_id
from fieldapp.core.files import Files
from fieldapp.core.models import Audit
from fieldapp.photos.models import Photo
from fieldapp.settings import Settings
from fieldapp.sync.models import ReviewItem
from tests.browser.deeds import eventually, get_ready, new_visit, snapshot, states
from tests.browser.house import House
from tests.browser.screens import ROOT, Desk, Phone, Screen
from tests.cast import Cast
from tests.conftest import LiveServer
from tests.feed.story import Story, stood
from tests.photos.pictures import jpeg, scene
from tests.sync.phone import Phone as Sender
from tests.sync.test_imports import exported

PICTURES = ROOT / "build" / "screenshots" if os.environ.get("FIELDAPP_PICTURES") else None
TITLES = {"zh_Hans_CN": "登录", "en": "Sign in"}
NAMES = {"ana": "安娜", "lin": "林岚", "uma": "乌敏", "zoe": "佐伊", "abe": "阿贝"}
SIZES = {"phone": (390, 844), "desk": (1280, 900)}


@pytest.fixture
def known(db: Database, cast: Cast, settings: Settings, client_of: Callable[..., FlaskClient]) -> dict[str, Any]:
    """A few weeks of work, so that each page has something to show."""
    story, now = Story(db, cast), clock.now()
    files = Files(settings.files)
    quiet = story.logs("bo", at=now - timedelta(days=9), kind="phone_follow_up", content="询问临时用水办理进度。")
    older = story.logs(
        "ana", at=now - timedelta(days=3), occurred=now - timedelta(days=4), received=now - timedelta(days=2),
        progress="基础承台浇筑完成", issues=[{"title": "北门临时用电容量不足", "urgency": "urgent"}],
    )  # fmt: skip
    visit = story.logs(
        "ana", at=now - timedelta(hours=2), photos=5, position=stood(0.002), progress="二层钢结构吊装完成约六成",
        needs="希望协调供水接驳", met=[{"name": "周明", "title": "项目经理"}], issue_photos=1,
        next_step={"text": "复核围挡封闭", "on": (now + timedelta(days=2)).date().isoformat()},
        issues=[{"title": "临时用水水压不足", "category": "water"}],
    )  # fmt: skip
    story.says("bo", visit, "addition", at=now - timedelta(hours=1), text="已联系供水公司，明日到场。")
    paint(db, files)
    issue = story.issue_of(visit)
    story.dispatch(issue)
    sender = Sender(cast.ana, client_of("ana"))
    sender.send(sender.visit(new_id(), {"progress": "项目不在名单内"}))
    bo = Sender(cast.bo)
    export = exported(bo.visit(cast.sail), bo.visit(cast.sail))
    with db.reading() as session:
        item = session.scalars(select(ReviewItem)).one()
        row = session.scalars(select(Audit.id).limit(1)).one()
    more = {"export": export, "item": item.id, "record": item.record_id, "row": row}
    return {**more, "visit": visit, "older": older, "quiet": quiet, "issue": issue, "project": cast.sail}


def paint(db: Database, files: Files) -> None:
    """The photos of the story get pictures."""
    with db.reading() as session:
        photos = list(session.scalars(select(Photo)))
    for n, photo in enumerate(photos):
        picture = scene(320, 240)
        picture.paste((40 * n % 255, 120, 200 - 30 * n), (110, 70, 210, 170))
        for key in (photo.thumb_key, photo.display_key):
            files.put_bytes(key, jpeg(picture))


def pages_of(name: str, known: dict[str, Any]) -> dict[str, str]:
    everyone = {
        "issues": "/issues", "issue": f"/issues/{known['issue']}", "settings": "/settings",
        "missing": f"/visits/{new_id()}",
    }  # fmt: skip
    if name == "uma":
        return everyone
    if name == "abe":
        return {
            "log": "/audit", "log-narrowed": "/audit?kind=visit&days=30", "log-row": f"/audit/{known['row']}",
            "log-export": "/audit/export", "users": "/admin/users", "roles": "/admin/memberships?role=lead",
        }  # fmt: skip
    staff = {
        "today": "/", "projects": "/projects", "project": f"/projects/{known['project']}",
        "visit": f"/visits/{known['visit']}", "map": "/map", "new": "/visits/new", **everyone,
    }  # fmt: skip
    review = {"review": "/review", "review-item": f"/review/{known['item']}"}
    if name == "zoe":
        kept = {"users": "/admin/users", "new-user": "/admin/users/new", "proposals": "/admin/proposals"}
        return staff | review | kept | {"raw": f"/records/{known['record']}/raw"}
    return staff | review if name == "lin" else staff


class Rounds:
    """Going from page to page on one screen, noting what is wrong with each."""

    def __init__(self, screen: Screen, name: str) -> None:
        self.screen = screen
        self.folder = PICTURES and PICTURES / name
        self.found: dict[str, list[str]] = {}

    def look(self, name: str, ready: Locator | None = None) -> None:
        """At the page that is open now."""
        page = self.screen.page
        expect(ready or page.locator("h1").first).to_be_visible()
        with self._whole(page):
            if self.folder:
                page.screenshot(path=self.folder / f"{name}.png")
            if barriers := self.screen.barriers():
                self.found[name] = barriers

    @contextmanager
    def _whole(self, page: Page) -> Iterator[None]:
        """On a screen as long as the page, so that bars at its edges stand over nothing."""
        size = page.viewport_size or {"width": 0, "height": 0}
        length = page.evaluate("document.documentElement.scrollHeight")
        page.set_viewport_size({"width": size["width"], "height": max(size["height"], length)})
        yield
        page.set_viewport_size(size)


@pytest.fixture
def screen_of(
    playwright: Playwright, chromium_of_all: Browser, served: LiveServer, tmp_path: Path
) -> Iterator[Callable[[str, str], Screen]]:
    opened: list[Phone | Desk] = []

    def make(size: str, language: str) -> Screen:
        made: Phone | Desk
        made = Phone(playwright, tmp_path / "p", served.url) if size == "phone" else Desk(chromium_of_all, served.url)
        opened.append(made)
        made.page.set_viewport_size({"width": SIZES[size][0], "height": SIZES[size][1]})
        made.speak(language)
        made.expects("404")
        return made

    yield make
    for one in opened:
        one.close()


@pytest.mark.parametrize(
    ("name", "size", "language"),
    [
        ("ana", "phone", "zh_Hans_CN"), ("lin", "desk", "en"), ("uma", "phone", "en"),
        # Their pages have their own tests and keep the same rules (pages_lint); there is no room for the walk here.
        pytest.param("zoe", "desk", "zh_Hans_CN", marks=pytest.mark.wide),
        pytest.param("abe", "phone", "en", marks=pytest.mark.wide),
    ],
)  # fmt: skip
def test_every_page_is_without_barriers(
    name: str, size: str, language: str, screen_of: Callable[[str, str], Screen], known: dict[str, Any]
) -> None:
    screen = screen_of(size, language)
    rounds = Rounds(screen, f"{name}-{size}-{language}")
    page = screen.open("/login")
    expect(page.locator("h1")).to_have_text(TITLES[language])
    expect(page.locator("[name=own_device]")).to_be_checked(checked=size == "phone")  # preset where it is likely
    rounds.look("login")
    Screen.sign_in(screen, name)
    for title, path in pages_of(name, known).items():
        screen.open(path)
        rounds.look(title)
        if title == "settings":
            expect(page.get_by_text(NAMES[name]).first).to_be_visible()
    if name == "zoe":
        hands_in(screen, rounds, known["export"])
    if name not in ("zoe", "uma", "abe"):  # who log no visits
        screen.open("/visits/new").locator("main form .form-actions [type=submit]").click()
        rounds.look("new-errors", screen.page.locator("[data-error-summary]"))
    assert (rounds.found, screen.complaints()) == ({}, [])


def hands_in(screen: Screen, rounds: Rounds, export: bytes) -> None:
    """A phone's export file: what becomes of each record shows on the page that it was chosen on."""
    page = screen.open("/imports")
    rounds.look("imports")
    page.set_input_files(
        "[name=file]", {"name": "fieldapp-export.json", "mimeType": "application/json", "buffer": export}
    )
    page.locator("[data-import] button").click()
    rounds.look("imports-end", page.locator(".figures"))
    assert page.locator(".figures b").all_inner_texts() == ["0", "2", "0", "0"]
    assert page.url.endswith("/imports") and page.locator("[data-import-end] li").count() == 2


def test_the_pages_of_the_phone_are_without_barriers(
    screen_of: Callable[[str, str], Screen], known: dict[str, Any], tmp_path: Path
) -> None:
    phone = screen_of("phone", "zh_Hans_CN")
    assert isinstance(phone, Phone)
    rounds = Rounds(phone, "shell-phone-zh_Hans_CN")
    page = get_ready(phone)
    phone.open("/outbox")
    rounds.look("outbox-empty", page.locator("[data-nothing]"))
    phone.offline()
    form = new_visit(phone)
    rounds.look("pick", page.locator('[data-list="projects"] li').first)
    form.choose().kind().write(progress="二层钢结构吊装完成约六成")
    form.take(*(snapshot(tmp_path, name, size=(400, 300)) for name in ("one", "two", "three"))).shrunk().stands()
    form.unfold("issues").locator("[data-add-issue]").click()
    rounds.look("capture-issue", page.locator("[data-issue-sheet]"))
    page.locator("[data-issue-sheet] [data-in=title]").fill("北门临时用电容量不足")
    page.locator("[data-issue-sheet] [type=submit]").click()
    page.locator("[data-photos] [data-photo]").first.click()
    rounds.look("capture-photo", page.locator("[data-photo-sheet]"))
    page.locator("[data-photo-sheet] [data-close]").first.click()
    rounds.look("capture", page.locator('form[data-view="form"]'))
    page.locator("[data-more]").click()
    rounds.look("capture-more", page.locator('form[data-view="form"]'))
    form.save()
    rounds.look("saved", page.locator('[data-view="saved"]'))
    new_visit(phone).choose("hjzb", "海岬装备").write(progress="还没写完")
    eventually("the draft is stored", lambda: states(page), lambda found: "draft" in found)
    phone.open("/outbox")
    rounds.look("outbox", page.locator("[data-record]").first)
    page.locator("[data-record] .cell-link").last.click()
    rounds.look("outbox-record", page.locator("[data-record-sheet]"))
    phone.open("/")
    rounds.look("today-offline")
    phone.open(f"/projects/{known['project']}")
    rounds.look("project-offline")
    phone.open("/issues")
    rounds.look("issues-offline", page.locator(".cells").first)
    phone.open("/map")  # which no phone carries
    rounds.look("offline", page.locator("[data-without]"))
    assert (rounds.found, phone.complaints()) == ({}, [])


def test_the_words_of_the_form_and_of_the_outbox_fit_in_english(
    screen_of: Callable[[str, str], Screen], known: dict[str, Any], tmp_path: Path
) -> None:
    """What the other language changes is how long the words are: looked at where most of them stand."""
    phone = screen_of("phone", "en")
    assert isinstance(phone, Phone)
    rounds = Rounds(phone, "shell-phone-en")
    page = get_ready(phone)
    form = new_visit(phone).choose().kind().write(progress="Steel of the second floor stands")
    form.take(snapshot(tmp_path, "one", size=(400, 300)))
    form.unfold("issues").locator("[data-add-issue]").click()
    rounds.look("capture-issue", page.locator("[data-issue-sheet]"))
    page.locator("[data-issue-sheet] [data-close]").first.click()
    page.locator("[data-more]").click()
    rounds.look("capture-more", page.locator('form[data-view="form"]'))
    form.save()
    rounds.look("saved", page.locator('[data-view="saved"]'))
    phone.open("/outbox").locator("[data-record] .cell-link").last.click()
    rounds.look("outbox-record", page.locator("[data-record-sheet]"))
    phone.open("/offline")
    rounds.look("offline", page.locator("[data-without]"))
    assert (rounds.found, phone.complaints()) == ({}, [])


def test_the_first_page_of_a_fresh_installation(chromium_of_all: Browser, house: House, db: Database) -> None:
    screen = Desk(chromium_of_all, house.open().url)  # nobody has an account in this emptied database yet
    rounds = Rounds(screen, "nobody-desk-zh_Hans_CN")
    screen.open("/")
    rounds.look("setup", screen.page.locator('form[action="/setup"]'))
    screen.close()
    assert (rounds.found, screen.complaints()) == ({}, [])

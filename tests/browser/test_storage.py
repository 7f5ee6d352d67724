"""A phone without room, a browser that forgets, files that change: nothing is lost, or it is said."""

import hashlib
import json
from base64 import b64decode
from io import BytesIO
from pathlib import Path
from random import Random
from typing import Any

import pillow_heif
from playwright.sync_api import Page, expect
from sqlalchemy import select

from fieldapp.core.db import Database
from fieldapp.photos.body import MAX_PHOTO_BYTES
from fieldapp.photos.models import Photo
from fieldapp.sync.models import ReviewItem
from tests.browser.deeds import (
    all_sent,
    drawn,
    eventually,
    get_ready,
    held,
    load_up,
    log_visit,
    new_visit,
    snapshot,
    states,
    stored,
    visits,
)  # fmt: skip
from tests.browser.screens import Desk, Phone
from tests.photos.pictures import scene

ROOM = 4_000_000  # bytes for everything of this origin: enough for words, too little for the photo


def leave_little_room(phone: Phone) -> None:
    """Chromium asks how much there is at its first write to the store, so this comes before any."""
    phone.close()
    page = phone.reopen("/healthz")
    session = phone.context.new_cdp_session(page)
    session.send("Storage.overrideQuotaForOrigin", {"origin": phone.url, "quotaSize": ROOM})


def hand_in(desk: Desk, file: bytes) -> list[dict[str, Any]]:
    """Dee at the desk imports a phone's file."""
    desk.sign_in("dee")
    send = """async (body) => {
      const headers = { "Content-Type": "application/json" };
      const answer = await fetch("/api/v1/imports", { method: "POST", body, headers });
      return { status: answer.status, text: await answer.text() };
    }"""
    answer = desk.page.evaluate(send, file.decode())
    assert answer["status"] == 200, answer["text"]
    return [json.loads(line) for line in answer["text"].splitlines()]


def keep_as_file(page: Page, selector: str) -> bytes:
    with page.expect_download() as download:
        page.locator(selector).click()
    return Path(download.value.path()).read_bytes()


def photos(db: Database) -> list[Photo]:
    with db.reading() as session:
        return list(session.scalars(select(Photo).order_by(Photo.order)))


def odd_file(folder: Path, name: str, size: int) -> Path:
    """Bytes that can be neither drawn nor made smaller."""
    path = folder / name
    path.write_bytes(Random(name).randbytes(size))
    return path


def sha256_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def test_without_room_the_form_stays_whole_its_file_holds_everything_and_sending_makes_room(
    phone: Phone, desk: Desk, db: Database, tmp_path: Path
) -> None:
    get_ready(phone)
    leave_little_room(phone)
    phone.offline()
    first, second = odd_file(tmp_path, "first.jpg", ROOM * 5 // 8), odd_file(tmp_path, "second.jpg", ROOM * 5 // 8)
    log_visit(phone, "先前的走访", [first])
    form = new_visit(phone).choose().kind().write(progress="手机存储已满")
    page = form.page
    page.locator("[data-gallery]").set_input_files(second)
    trouble = page.locator("[data-trouble]")
    expect(trouble).to_be_visible()
    expect(trouble).to_contain_text("空间")
    expect(page.locator('[data-text="progress"]')).to_have_value("手机存储已满")
    page.locator(".savebar-go").click()  # not yet: it would be a visit without its photo
    expect(page.locator("[data-loose]")).to_have_count(1)
    file = keep_as_file(page, "[data-rescue]")
    [line] = json.loads(file)["records"]
    assert json.loads(b64decode(line["raw_b64"]))["body"]["progress"] == "手机存储已满"
    assert [b64decode(one["b64"]) for one in line["photos"]] == [second.read_bytes()]
    line, end = hand_in(desk, file)
    assert (line["receipt"]["state"], line["receipt"]["complete"], end["done"]) == ("placed", True, True)

    phone.online()
    phone.new_tab("/outbox")  # opening the app sends at once; this form stays as it is
    eventually("the first is sent", lambda: states(page), lambda found: "sent" in found)
    form.save()  # the bytes that have arrived make room by themselves
    all_sent(page, 2)
    assert sorted(visit.progress for visit in visits(db)) == ["先前的走访", "手机存储已满"]
    arrived = {photo.sha256 for photo in photos(db) if photo.state in ("stored", "unreadable")}
    assert arrived == {sha256_of(first), sha256_of(second)}


def test_the_file_of_the_outbox_and_the_phone_itself_are_one_visit(
    phone: Phone, desk: Desk, db: Database, tmp_path: Path
) -> None:
    get_ready(phone)
    phone.offline()
    log_visit(phone, "导出后又自行上传", [snapshot(tmp_path, "one")])
    page = phone.open("/outbox")
    file = keep_as_file(page, "[data-export-all]")
    hand_in(desk, file)
    assert len(visits(db)) == 1
    phone.online()
    all_sent(page, 1)
    assert (len(visits(db)), len(stored(db))) == (1, 1)


def test_a_browser_that_threw_the_queue_away_is_told_of_loudly(phone: Phone, db: Database) -> None:
    get_ready(phone)
    phone.offline()
    log_visit(phone, "将被浏览器清除")
    form = new_visit(phone).choose().kind().write(progress="还在写")
    page = form.page
    eventually("a draft", lambda: states(page), lambda found: "draft" in found)
    session = phone.context.new_cdp_session(page)  # its connection is closed under the open page
    session.send("Storage.clearDataForOrigin", {"origin": phone.url, "storageTypes": "indexeddb"})
    form.write(progress="还在写，没有丢")
    expect(page.locator("[data-trouble]")).to_be_visible()
    [line] = json.loads(keep_as_file(page, "[data-rescue]"))["records"]
    assert json.loads(b64decode(line["raw_b64"]))["body"]["progress"] == "还在写，没有丢"

    phone.online()
    page = phone.open("/outbox")
    expect(page.locator("[data-loss]")).to_be_visible()
    expect(page.locator('[data-slot="loss"]')).to_contain_text("1")
    eventually("the office knows", lambda: missed(db), lambda found: found == [1])
    page.locator("[data-loss-read]").click()
    expect(page.locator("[data-loss]")).to_be_hidden()
    load_up(phone)
    page = phone.open("/outbox")
    expect(page.locator("[data-nothing]")).to_be_visible()
    expect(page.locator("[data-loss]")).to_be_hidden()


def missed(db: Database) -> list[int]:
    """How many records each phone's lost installation held, as `/review` has it."""
    with db.reading() as session:
        items = session.scalars(select(ReviewItem).where(ReviewItem.kind == "replaced_device"))
        return [item.detail["waiting"] for item in items]


HELD_BACK = """(() => {
  const read = Blob.prototype.arrayBuffer;
  Blob.prototype.arrayBuffer = async function () {
    if (window.holdFiles && this instanceof File) await new Promise((go) => { window.readNow = go; });
    return read.call(this);
  };
})()"""


def test_files_that_change_or_vanish_are_no_photo_are_empty_or_cannot_be_drawn(
    phone: Phone, db: Database, tmp_path: Path
) -> None:
    get_ready(phone)
    phone.context.add_init_script(HELD_BACK)
    form = new_visit(phone).choose().kind().write(progress="各种照片")
    page = form.page
    note, album = page.locator("[data-photo-note]"), page.locator("[data-gallery]")

    changed = snapshot(tmp_path, "first")
    as_picked = sha256_of(changed)
    form.take(changed)
    changed.write_bytes(snapshot(tmp_path, "second", size=(500, 400)).read_bytes())

    for how in ("changed", "gone"):  # between the choice and the moment when it is read
        page.evaluate("window.holdFiles = true")
        file = snapshot(tmp_path, how)
        album.set_input_files(file)
        eventually("it is about to be read", lambda: page.evaluate("Boolean(window.readNow)"), bool)
        if how == "gone":
            file.unlink()
        else:
            file.write_bytes(file.read_bytes() + b"other")
        page.evaluate("() => { window.holdFiles = false; window.readNow(); window.readNow = null; }")
        expect(note).to_contain_text("读取失败")
    empty = tmp_path / "empty.jpg"
    empty.write_bytes(b"")
    album.set_input_files(empty)
    expect(note).to_contain_text("读取失败")

    heic, no_picture = tmp_path / "IMG_0001.HEIC", tmp_path / "notes.jpg"
    drawn_there = BytesIO()
    pillow_heif.from_pillow(scene(1200, 900)).save(drawn_there, quality=80)
    heic.write_bytes(drawn_there.getvalue())
    no_picture.write_bytes("这不是照片。".encode() * 400)
    form.take(heic, no_picture).shrunk()
    expect(page.locator("[data-photos] .photo-state").filter(has_text="原图")).to_have_count(2)
    form.save()
    all_sent(page, 1)
    sent = photos(db)
    assert (sent[0].sha256_camera or sent[0].sha256) == as_picked
    assert [photo.sha256 for photo in sent[1:]] == [sha256_of(heic), sha256_of(no_picture)]
    eventually(
        "the office has looked at them",
        lambda: [(photo.state, photo.derivative) for photo in photos(db)],
        lambda found: [*found[:2], found[2][0]] == [("stored", "made"), ("stored", "made"), "unreadable"],
    )
    visit = f"/visits/{visits(db)[0].id}"
    # A page that takes its server more than three seconds gives way to "offline": on a busy machine, asked for again.
    eventually("its page", lambda: phone.open(visit).locator("h1").inner_text(), lambda title: title != "离线")
    page = phone.page
    for thumb in page.locator('img[src$="/thumb"]').all():
        drawn(thumb)
    expect(page.locator("figure.photo-none")).to_contain_text("无法显示")


def test_a_photo_too_large_for_the_office_is_kept_told_of_and_given_up_on_purpose_only(
    phone: Phone, db: Database, tmp_path: Path
) -> None:
    get_ready(phone)
    file = tmp_path / "panorama.jpg"
    file.write_bytes(bytes(MAX_PHOTO_BYTES + 1))
    log_visit(phone, "全景照片过大", [file])
    page = phone.open("/outbox")
    line = page.locator("[data-group=needs_you] [data-record]")
    expect(line).to_have_count(1)
    expect(line).to_contain_text("64 MB")
    assert [visit.progress for visit in visits(db)] == ["全景照片过大"]
    assert [row["buf"]["size"] for row in held(page, "bytes")] == [MAX_PHOTO_BYTES + 1]

    line.locator(".cell-link").click()
    page.locator("[data-drop-photos]").click()
    page.locator("[data-drop-dialog] button[value=keep]").click()
    assert len(held(page, "bytes")) == 1
    page.locator("[data-drop-photos]").click()
    page.locator("[data-drop-dialog] button[value=drop]").click()
    expect(page.locator("[data-group=needs_you] [data-record]")).to_have_count(0)
    assert held(page, "bytes") == []
    all_sent(page, 2)  # the visit, and what says that its photo will not come
    eventually("the office knows", lambda: [one.state for one in photos(db)], lambda found: found == ["withdrawn"])

"""A phone without room, a browser that forgets, files that change: nothing is lost, or it is said."""

import hashlib
import json
from io import BytesIO
from pathlib import Path
from random import Random
from typing import Any

import pillow_heif
from playwright.sync_api import Page, expect
from sqlalchemy import select

from fieldapp.core.db import Database
from fieldapp.photos.models import Photo
from tests.browser.deeds import (
    all_sent,
    drawn,
    eventually,
    get_ready,
    held,
    load_up,
    log_visit,
    made,
    new_visit,
    snapshot,
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


def test_without_room_the_form_stays_whole_and_its_file_reaches_the_office(
    phone: Phone, desk: Desk, db: Database, tmp_path: Path
) -> None:
    get_ready(phone)
    leave_little_room(phone)
    form = new_visit(phone).choose().kind().write(progress="手机存储已满")
    page = form.page
    picture = snapshot(tmp_path, "large")
    picture.write_bytes(picture.read_bytes() + Random(7).randbytes(6_000_000))  # nothing that could be packed smaller
    page.locator("[data-gallery]").set_input_files(picture)
    trouble = page.locator("[data-trouble]")
    expect(trouble).to_be_visible()
    expect(trouble).to_contain_text("空间")
    expect(page.locator('[data-text="progress"]')).to_have_value("手机存储已满")
    file = keep_as_file(page, "[data-rescue]")
    assert json.loads(file)["format"] == "fieldapp-export/1"
    line, end = hand_in(desk, file)
    assert (line["receipt"]["state"], line["receipt"]["complete"], end["done"]) == ("placed", True, True)
    assert [visit.progress for visit in visits(db)] == ["手机存储已满"]
    assert stored(db) == [hashlib.sha256(picture.read_bytes()).hexdigest()]


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


def test_a_browser_that_threw_the_queue_away_is_told_of_loudly(phone: Phone) -> None:
    get_ready(phone)
    phone.offline()
    log_visit(phone, "将被浏览器清除")
    phone.page.goto("about:blank")
    session = phone.context.new_cdp_session(phone.page)
    kinds = "indexeddb,local_storage,cache_storage,service_workers,file_systems"
    session.send("Storage.clearDataForOrigin", {"origin": phone.url, "storageTypes": kinds})
    phone.online()
    page = phone.open("/outbox")
    expect(page.locator("[data-loss]")).to_be_visible()
    expect(page.locator('[data-slot="loss"]')).to_contain_text("1")
    page.locator("[data-loss-read]").click()
    expect(page.locator("[data-loss]")).to_be_hidden()
    load_up(phone)
    page = phone.open("/outbox")
    expect(page.locator("[data-nothing]")).to_be_visible()
    expect(page.locator("[data-loss]")).to_be_hidden()


def test_a_file_that_changes_after_it_was_picked_goes_up_as_it_was(phone: Phone, db: Database, tmp_path: Path) -> None:
    get_ready(phone)
    file = snapshot(tmp_path, "first")
    first = hashlib.sha256(file.read_bytes()).hexdigest()
    form = new_visit(phone).choose().kind().write(progress="照片已改").take(file)
    file.write_bytes(snapshot(tmp_path, "second", size=(500, 400)).read_bytes())
    form.shrunk().save()
    all_sent(form.page, 1)
    assert [photo.sha256_camera or photo.sha256 for photo in photos(db)] == [first]


def test_heic_goes_up_as_it_is_and_becomes_a_picture_there(phone: Phone, db: Database, tmp_path: Path) -> None:
    get_ready(phone)
    heic = BytesIO()
    pillow_heif.from_pillow(scene(1200, 900)).save(heic, quality=80)
    file = tmp_path / "IMG_0001.HEIC"
    file.write_bytes(heic.getvalue())
    log_visit(phone, "苹果手机的照片", [file])
    all_sent(phone.page, 1)
    assert stored(db) == [hashlib.sha256(heic.getvalue()).hexdigest()]
    eventually("its thumbnail", lambda: made(db), lambda n: n == 1)
    page = phone.open(f"/visits/{visits(db)[0].id}")
    drawn(page.locator('img[src$="/thumb"]').first)


def test_what_is_no_picture_is_kept_and_told_of(phone: Phone, db: Database, tmp_path: Path) -> None:
    get_ready(phone)
    file = tmp_path / "notes.jpg"
    file.write_bytes("这不是照片。".encode() * 400)
    form = new_visit(phone).choose().kind().write(progress="误选了文件").take(file).shrunk()
    expect(form.page.locator("[data-photos] .photo-state")).to_be_visible()
    form.save()
    all_sent(form.page, 1)
    assert stored(db) + [photo.sha256 for photo in photos(db) if photo.state == "unreadable"]
    eventually("it was looked at", lambda: [one.state for one in photos(db)], lambda found: found == ["unreadable"])
    page = phone.open(f"/visits/{visits(db)[0].id}")
    expect(page.locator(".photo-none")).to_contain_text("无法显示")
    assert len(held(page, "records")) == 1

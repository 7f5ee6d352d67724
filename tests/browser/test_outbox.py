"""The outbox of a real Chromium against a really served application: what the stories of tests/js take for granted."""

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from fieldapp.core.db import Database
from fieldapp.photos.models import Photo
from fieldapp.sync.models import Record
from tests.browser.screens import Phone
from tests.sync.phone import KIND

BEGIN = (Path(__file__).parent / "outbox_story.js").read_text(encoding="utf-8")


def story(phone: Phone, script: str, how: Any = None) -> Any:
    return phone.page.evaluate(f"(how) => ({BEGIN})('{KIND}').then((phone) => ({script})(phone, how))", how)


def settled_in(phone: Phone) -> Phone:
    phone.open("/settings")
    me = story(phone, "(phone) => phone.devices.signedIn(phone.ctx)")
    assert me["name"]
    return phone


@pytest.fixture
def ana(phone: Phone) -> Phone:
    phone.enter("ana")
    return settled_in(phone)


def stored_photos(db: Database) -> int:
    with db.reading() as session:
        return session.scalar(select(func.count()).select_from(Photo).where(Photo.stored_at.is_not(None))) or 0


def records(db: Database) -> int:
    with db.reading() as session:
        return session.scalar(select(func.count()).select_from(Record)) or 0


def test_photos_of_every_sort_go_up_small_upright_or_as_they_are(ana: Phone, db: Database) -> None:
    script = """async (phone) => {
      const upright = new Uint8Array(await phone.scene(800, 600));
      const { buffer: turned } = new Uint8Array([...upright.slice(0, 2), ...phone.quarterTurn, ...upright.slice(2)]);
      const { buffer: heic } = new TextEncoder().encode("....ftypheic not for this browser".repeat(90));
      const png = await phone.scene(640, 480, "image/png");
      const pieces = [await phone.scene(3000, 2500)];
      await phone.save("Camera and others", [await phone.scene(4000, 3000), turned, png]);
      await phone.save("Not for this browser", [heic], "image/heic");
      await phone.save("In pieces", pieces, "image/jpeg", { piece: 64 * 1024 });
      await phone.run();
      return phone.rows();
    }"""
    in_pieces, odd, camera = story(ana, script)
    for row in (in_pieces, odd, camera):
        assert (row["place"], row["state"], row["problem"]) == ("sent", "unfiled", None)
    sizes = [(photo["state"], photo["type"], photo["width"], photo["height"]) for photo in camera["photos"]]
    assert sizes == [
        ("stored", "image/jpeg", 2048, 1536),
        ("stored", "image/jpeg", 600, 800),
        ("stored", "image/jpeg", 640, 480),
    ]
    [heic] = odd["photos"]
    assert (heic["type"], heic["width"], heic["size"]) == ("image/heic", None, 33 * 90)
    assert heic["state"] in ("stored", "unreadable")
    assert in_pieces["photos"][0]["size"] > 64 * 1024
    assert (records(db), stored_photos(db)) == (3, 5)


def test_saved_offline_then_killed_then_sent_twice_at_once_everything_arrives_once(phone: Phone, db: Database) -> None:
    phone.sign_in("ana")
    ana = settled_in(phone)
    ana.offline()
    script = """async (phone) => {
      for (let n = 0; n < 3; n += 1) await phone.save(`visit ${n}`, [await phone.scene(1200, 900 + n)]);
      const result = await phone.run();
      return { result, places: (await phone.rows()).map((row) => row.place) };
    }"""
    told = story(ana, script)
    assert told["result"]["sent"] == 0
    assert set(told["places"]) <= {"saved", "waiting"}
    assert len(told["places"]) == 3
    ana.online()
    ana.kill()
    ana.reopen("/settings")
    script = """async (phone) => {
      await phone.sender.wake(phone.ctx, "online");
      await Promise.all([phone.run(), phone.run()]);
      return phone.rows();
    }"""
    rows = story(ana, script)
    assert [row["place"] for row in rows] == ["sent"] * 3
    assert sorted(row["seq"] for row in rows) == [1, 2, 3]
    assert (records(db), stored_photos(db)) == (3, 3)


def test_a_photo_whose_bytes_have_changed_is_withdrawn_and_reference_data_come(ana: Phone, db: Database) -> None:
    script = """async (phone) => {
      const id = await phone.save("Given up", [await phone.scene(900, 700)]);
      const [photo] = await phone.ctx.store.list("photos", "record", id);
      await phone.ctx.store.put("bytes", { id: photo.id, buf: new ArrayBuffer(photo.size) });
      for (let n = 0; n < 4; n += 1) {
        await phone.run();
        await phone.sender.wake(phone.ctx, "manual");
      }
      const loads = [await phone.reference.refresh(phone.ctx), await phone.reference.refresh(phone.ctx)];
      const [kinds, me, clock] = await Promise.all([
        phone.reference.read(phone.ctx, "kinds"),
        phone.reference.read(phone.ctx, "me"),
        phone.ctx.store.get("meta", "clock"),
      ]);
      return { rows: await phone.rows(), loads, kinds, me, clock };
    }"""
    told = story(ana, script)
    assert {row["place"] for row in told["rows"]} == {"sent"}
    assert [row["photos"][0]["state"] for row in told["rows"] if row["photos"]] == ["withdrawn"]
    assert (records(db), stored_photos(db)) == (2, 0)
    assert [load["loaded"] for load in told["loads"]] == [True, True]
    assert KIND in {kind["code"] for kind in told["kinds"]}
    assert told["me"]["role"] == "officer"
    assert isinstance(told["clock"]["value"]["offset_ms"], int)

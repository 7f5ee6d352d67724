"""The main loop and its faults, in every engine but Chromium, which tests/browser has."""

from pathlib import Path

import pytest
from sqlalchemy import func, select

from fieldapp.core.db import Database
from fieldapp.issues.models import Issue
from fieldapp.sync.models import Raw, Record
from tests.browser.deeds import PROJECT, snapshot, stored, visits
from tests.cast import Cast
from tests.engines.deeds import (
    add_issue,
    all_sent,
    eventually,
    get_ready,
    hashes,
    held,
    new_visit,
    save,
    sign_in,
    take,
)
from tests.engines.device import Device
from tests.engines.installed import EVERY, LASTING
from tests.photos.pictures import heic

RECORDS, UPLOADS = "/api/v1/visits/", "/api/v1/uploads"
lasting = pytest.mark.parametrize("device", LASTING, indirect=True)
every = pytest.mark.parametrize("device", EVERY, indirect=True)


def photo(folder: Path, name: str, contents: bytes) -> Path:
    path = folder / name
    path.write_bytes(contents)
    return path


def once(db: Database, cast: Cast, kept: list[str]) -> None:
    """On the server: one record, one visit, two issues, these photos."""
    assert (len(visits(db)), stored(db)) == (1, kept)
    with db.reading() as session:
        assert [session.scalar(select(func.count()).select_from(model)) for model in (Record, Raw, Issue)] == [1, 1, 2]


@lasting
def test_a_visit_logged_offline_survives_a_killed_browser_and_arrives_once(
    phone: Device, db: Database, cast: Cast, tmp_path: Path
) -> None:
    get_ready(phone)
    phone.open("/")
    eventually("ready", lambda: phone.text("[data-ready-offline]"), lambda said: "可离线" in said)
    phone.offline()

    new_visit(phone, progress="二层钢结构吊装完成约六成", problems="北侧围挡未封闭")
    big = snapshot(tmp_path, "big", size=(4000, 3000), orientation=6)
    take(phone, big, snapshot(tmp_path, "gate"), photo(tmp_path, "IMG_0001.HEIC", heic()))
    eventually(
        "the position",
        lambda: phone.run("() => document.querySelector('[data-accuracy]').dataset.state"),
        lambda state: state != "none",
    )
    add_issue(phone, "北门临时用电容量不足", photo=2)
    add_issue(phone, "临时用水水压不足", photo=3)
    assert "已保存在本机" in save(phone)
    kept = hashes(phone)
    assert len(kept) == 3
    form = [row["form"] for row in held(phone, "records")]
    assert form[0]["position"]["accuracy_m"] == 8

    phone.kill()
    phone.reopen("/outbox")
    phone.wait_for("[data-group=saved] [data-record], [data-group=sending] [data-record]")
    assert PROJECT in phone.text("[data-record]")
    assert hashes(phone) == kept
    assert [row["form"] for row in held(phone, "records")] == form
    assert [row["width"] for row in held(phone, "photos") if row["width"] == 1536]  # upright: 3000 × 4000, made smaller
    assert visits(db) == []

    phone.online()
    if not phone.run("() => document.cookie.includes('fieldapp')"):
        sign_in(phone)
    all_sent(phone, 1)
    once(db, cast, kept)
    phone.open(f"/projects/{cast.sail}")
    entry = f'li.entry:has(a[href="/visits/{visits(db)[0].id}"].entry-title)'
    phone.wait_for(entry)
    assert "二层钢结构吊装完成约六成" in phone.text(entry)
    assert phone.run("(css) => document.querySelectorAll(css).length", entry) == 1
    phone.open("/outbox")
    phone.wait_for("[data-group=sent] [data-record]")
    phone.wait_for("[data-group=saved], [data-group=sending], [data-group=needs_you]", visible=False)

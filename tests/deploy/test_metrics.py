"""What the machine that watches is told, and that nobody else is."""

import os
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from fieldapp.core import metrics
from fieldapp.core.db import Database
from fieldapp.core.files import Files
from fieldapp.settings import BadSetting, Settings, read_settings
from fieldapp.upkeep.backup import backup
from tests.cast import Cast
from tests.sync.bringing import TYPE, listed

TOKEN = "only-for-tests-only"
ON_SQLITE = pytest.mark.parametrize("db_url", ["sqlite"], indirect=True)  # where the database makes no difference


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return replace(settings, metrics_token=TOKEN)


def figures(app: Flask, token: str = TOKEN) -> dict[str, float]:
    answer = app.test_client().get("/metrics", headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 200
    lines = [line for line in answer.text.splitlines() if not line.startswith("#")]
    assert all(re.fullmatch(r'[a-z_]+(\{([a-z]+="[^"]*",?)*\})? [0-9.e+-]+', line) for line in lines), answer.text
    return {name: float(value) for name, _space, value in (line.rpartition(" ") for line in lines)}


@ON_SQLITE
@pytest.mark.parametrize("brought", ["", "Bearer", "Bearer another", f"Basic {TOKEN}", "Bearer ü"])
def test_without_the_token_there_is_nothing_here(app: Flask, brought: str) -> None:
    headers = {"Authorization": brought} if brought else {}
    assert app.test_client().get("/metrics", headers=headers).status_code == 404


@ON_SQLITE
def test_where_no_token_is_set_no_token_opens_it(app: Flask, settings: Settings) -> None:
    around = app.extensions["fieldapp"]
    app.extensions["fieldapp"] = replace(around, settings=replace(settings, metrics_token=""))
    for brought in ("", "Bearer ", f"Bearer {TOKEN}"):
        assert app.test_client().get("/metrics", headers={"Authorization": brought}).status_code == 404


def test_a_short_token_stops_the_start() -> None:
    with pytest.raises(BadSetting, match="FIELDAPP_METRICS_TOKEN"):
        read_settings({"FIELDAPP_METRICS_TOKEN": "short"})


def test_it_counts_what_was_asked_and_what_waits(
    app: Flask, db: Database, cast: Cast, client_of: Callable[..., FlaskClient], settings: Settings, tmp_path: Path
) -> None:
    photo = listed(db, cast.ana, b"a crane")[0]
    before = figures(app)
    ana = client_of("ana")
    ana.post("/api/v1/uploads", headers={**photo.creation, "Content-Type": TYPE}, data=photo.data)
    ana.get("/projects")
    ana.get("/nowhere")
    now = figures(app)

    def grown(name: str) -> float:
        return now[name] - before.get(name, 0)

    assert grown('fieldapp_requests_total{kind="upload",status="201"}') == 1
    assert grown('fieldapp_requests_total{kind="page",status="200"}') == 1
    assert grown('fieldapp_requests_total{kind="page",status="404"}') == 1
    assert grown('fieldapp_request_seconds_count{kind="page"}') == 2
    assert grown('fieldapp_request_seconds_bucket{kind="page",le="+Inf"}') == 2
    assert grown("fieldapp_photos_without_copies") == 1
    assert now["fieldapp_records_waiting"] == now["fieldapp_review_open"] == 0
    assert now["fieldapp_disk_free_bytes"] > 0
    assert "fieldapp_backup_age_seconds" not in now
    if db.dialect == "sqlite":
        backup(settings, Files(settings.files), tmp_path / "backups")
        assert figures(app)["fieldapp_backup_age_seconds"] < 3600


def test_all_processes_of_a_server_are_counted_and_a_killed_one_too() -> None:
    def asked() -> float:
        said = dict(line.rsplit(" ", 1) for line in metrics.lines())
        return float(said.get('fieldapp_requests_total{kind="reference",status="507"}', 0))

    before = asked()
    for number in (3, 4):
        child = os.fork()
        if child == 0:
            metrics.begin(number)
            metrics.count("reference", 507, 0.2)
            os.kill(os.getpid(), 9)
        os.waitpid(child, 0)
    assert asked() == before + 2

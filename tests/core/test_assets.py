"""Pages stay open over deploys: what they load later is of their own version, or nothing."""

from pathlib import Path

import pytest
from flask import Flask

from fieldapp.core.assets import KEPT_VERSIONS, Assets, assets, past
from fieldapp.settings import Settings

FOR_EVER = "public, max-age=31536000, immutable"


@pytest.fixture
def db_url(sqlite_url: str) -> str:
    return sqlite_url


def tree(folder: Path, **texts: str) -> Assets:
    for name, text in texts.items():
        (folder / f"{name}.js").parent.mkdir(parents=True, exist_ok=True)
        (folder / f"{name}.js").write_text(text)
    return Assets(folder)


def test_an_open_page_still_finds_the_modules_of_its_own_version(
    app: Flask, settings: Settings, tmp_path: Path
) -> None:
    before = tree(tmp_path / "before", sender="export const old = 1; // 旧版本")
    past(settings.data_dir).keep(before)
    answer = app.test_client().get(before.url("sender.js"))
    assert (answer.text, answer.mimetype) == ("export const old = 1; // 旧版本", "text/javascript")
    assert answer.headers["Cache-Control"] == FOR_EVER


def test_what_is_of_no_version_we_know_is_no_module_of_another(app: Flask) -> None:
    client = app.test_client()
    module, picture = "js/outbox/sender.js", "icons/192.png"
    with app.app_context():
        assert client.get(assets().url(module)).headers["Cache-Control"] == FOR_EVER
    for version in ("0123456789ab", "..", "x"):
        assert client.get(f"/s/{version}/{module}").status_code == 404
    answer = client.get(f"/s/0123456789ab/{picture}")  # of an app put on the home screen long ago
    assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "no-cache")


def test_the_last_few_versions_are_kept_the_present_one_among_them(settings: Settings, tmp_path: Path) -> None:
    trees = [tree(tmp_path / str(n), a=str(n)) for n in range(KEPT_VERSIONS + 2)]
    kept = past(settings.data_dir)
    for one in [*trees, trees[1]]:  # the last deploy goes back to an early version
        kept.keep(one)
    found = [kept.read(one.version, "a.js") is not None for one in trees]
    assert found == [False, True, False, *[True] * (KEPT_VERSIONS - 1)]


def test_a_kept_tree_that_cannot_be_read_is_as_good_as_none(app: Flask, settings: Settings, tmp_path: Path) -> None:
    before = tree(tmp_path / "before", sender="export const old = 1;")
    past(settings.data_dir).keep(before)
    next((settings.data_dir / "assets").glob("*.zip")).write_bytes(b"cut")
    assert app.test_client().get(before.url("sender.js")).status_code == 404

"""Settings: read once, each documented, and a bad one stops the start by name."""

import dataclasses
import os
import re
import threading
from pathlib import Path

import pytest

from fieldapp.core.files import Files
from fieldapp.core.secret import secret_key
from fieldapp.settings import BadSetting, Settings, read_settings, shown

DOCUMENT = Path(__file__).parents[2] / "docs" / "settings.md"


def variable(name: str) -> str:
    return f"FIELDAPP_{name.upper()}"


def said(default: object) -> str:
    """A default as the document says it."""
    if isinstance(default, bool):
        return "yes" if default else "no"
    return f"`{default}`" if default != "" else "—"


@pytest.mark.parametrize("known", dataclasses.fields(Settings), ids=lambda known: known.name)
def test_every_setting_is_documented_with_its_default(known: "dataclasses.Field[object]") -> None:
    rows = dict(re.findall(r"^\| `(FIELDAPP_\w+)` \| (.*?) \|", DOCUMENT.read_text(encoding="utf-8"), re.M))
    assert variable(known.name) in rows
    assert rows[variable(known.name)] == said(known.default)


def test_nothing_is_documented_that_does_not_exist() -> None:
    documented = set(re.findall(r"^\| `(FIELDAPP_\w+)`", DOCUMENT.read_text(encoding="utf-8"), re.M))
    assert documented == {variable(known.name) for known in dataclasses.fields(Settings)}


def test_without_any_variable_the_defaults_hold() -> None:
    assert read_settings({}) == Settings()


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("THREADS", "many", "whole number, 1 or more"),
        ("THREADS", "0", "whole number, 1 or more"),
        ("THREADS", "-4", "whole number, 1 or more"),
        ("SESSION_PHONE", "1.5", "whole number, 1 or more"),
        ("TRUSTED_PROXIES", "-1", "whole number, 0 or more"),
        ("ZONE_READABLE", "perhaps", "yes or no"),
        ("ORIGIN", "fieldapp.example", "https://fieldapp.example"),
        ("ORIGIN", "ftp://fieldapp.example", "https://fieldapp.example"),
        ("ORIGIN", "https://fieldapp.example/app", "https://fieldapp.example"),
        ("ORIGIN", "https://user@fieldapp.example", "https://fieldapp.example"),
        ("LOCALE", "fr", "zh_Hans_CN or en"),
        ("TIMEZONE", "Asia/Nowhere", "Asia/Shanghai"),
        ("TIMEZONE", "../../etc/passwd", "Asia/Shanghai"),
        ("SECRET_KEY", "short", "32 characters"),
        ("LOG_LEVEL", "LOUD", "DEBUG, INFO"),
        ("DATABASE_URL", "mysql://db.example/fieldapp", "sqlite: or postgresql+psycopg:"),
        ("TILE_URL", "//tiles.example/{z}", "https://"),
        ("TILE_URL", "https://tiles.example;script-src *//{z}/{x}/{y}", "plain"),
        ("TILE_URL", "https://me@tiles.example/{z}/{x}/{y}", "plain host"),
        ("TILE_LABEL_URL", "https://tiles.example/{z}/{x}.png", "{y}"),
        ("STOPS_ON", "next spring", "2027-03-31"),
        ("STOPS_ON", "20270331", "2027-03-31"),
        ("KEEP_LOGS_DAYS", "90", "0 or at least 180"),
        ("SYSLOG", "log.example", "udp://host:514"),
        ("SYSLOG", "tcp://log.example", "udp://host:514"),
        ("SYSLOG", "http://log.example:514", "udp://host:514"),
        ("KEEP_POSITIONS_DAYS", "-1", "whole number, 0 or more"),
    ],
)
def test_a_bad_value_is_named(name: str, value: str, says: str) -> None:
    with pytest.raises(BadSetting, match=f"^FIELDAPP_{name} ") as refused:
        read_settings({f"FIELDAPP_{name}": value})
    assert says in str(refused.value)


@pytest.mark.parametrize(("text", "meant"), [("yes", True), ("ON", True), ("1", True), ("False", False), ("no", False)])
def test_yes_and_no_may_be_written_as_people_do(text: str, meant: bool) -> None:
    assert read_settings({"FIELDAPP_ZONE_READABLE": text}).zone_readable is meant


def test_an_empty_variable_is_as_good_as_none() -> None:
    assert read_settings({"FIELDAPP_THREADS": "", "FIELDAPP_ORIGIN": ""}) == Settings()


def test_a_value_may_stand_in_a_file(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("x" * 40 + "\n")
    assert read_settings({"FIELDAPP_SECRET_KEY_FILE": str(secret)}).secret_key == "x" * 40


@pytest.mark.parametrize("content", [None, b"\xff\xfe"])
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "secret"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(BadSetting, match=r"^FIELDAPP_SECRET_KEY_FILE "):
        read_settings({"FIELDAPP_SECRET_KEY_FILE": str(path)})


def test_the_key_is_made_once_and_only_its_owner_may_read_it(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path / "new" / "place")
    made = secret_key(settings)
    file = settings.data_dir / "secret.key"
    assert len(made) >= 32
    assert file.stat().st_mode & 0o777 == 0o600
    assert secret_key(settings) == made
    assert [path.name for path in settings.data_dir.iterdir()] == ["secret.key"]


def test_processes_that_start_at_once_agree_on_the_key(tmp_path: Path) -> None:
    settings, start, made = Settings(data_dir=tmp_path), threading.Barrier(8), []

    def begin() -> None:
        start.wait()
        made.append(secret_key(settings))

    threads = [threading.Thread(target=begin) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 8
    assert len(set(made)) == 1


def test_the_key_and_its_name_are_on_the_disk_before_anything_is_signed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[str] = []
    sync = os.fsync

    def noted(handle: int) -> None:
        synced.append(Path(f"/proc/self/fd/{handle}").readlink().name.partition(".key.")[0])
        sync(handle)

    monkeypatch.setattr(os, "fsync", noted)
    secret_key(Settings(data_dir=tmp_path / "data"))
    assert synced == [".secret", "data", tmp_path.name]


@pytest.mark.parametrize(
    "url",
    ["s3://key:hush@bucket/x", "s3://bucket/x?secret_access_key=hush", "https://key:hush@host:99999/", "a?b=hush"],
)
def test_an_address_is_shown_without_its_keys(url: str) -> None:
    assert "hush" not in shown(url)
    with pytest.raises(BadSetting) as told:
        read_settings({"FIELDAPP_TILE_URL": f"ftp:{url}"})
    assert "hush" not in str(told.value)


def test_a_store_that_cannot_be_used_is_named_without_its_keys() -> None:
    with pytest.raises(BadSetting, match=r"FIELDAPP_FILES_URL.*nope://\*\*\*@host/x") as told:
        Files("nope://key:hush@host/x")
    assert told.value.__suppress_context__

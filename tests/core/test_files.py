"""Photo bytes in a folder: whole or not at all, and on the disk before anyone says so."""

import os
import stat
from datetime import timedelta
from pathlib import Path

import pytest

from fieldapp.core import clock
from fieldapp.core.files import Files


@pytest.fixture
def files(tmp_path: Path) -> Files:
    return Files((tmp_path / "files").as_uri())


def part(tmp_path: Path, data: bytes = b"a crane") -> Path:
    path = tmp_path / "one.part"
    path.write_bytes(data)
    return path


def test_a_part_becomes_a_file_and_stays_until_its_owner_drops_it(files: Files, tmp_path: Path) -> None:
    path = part(tmp_path)
    files.put("evidence/ab/abc", path)
    assert b"".join(files.pieces("evidence/ab/abc")) == b"a crane"
    assert files.size("evidence/ab/abc") == 7
    assert path.read_bytes() == b"a crane"


def test_putting_the_same_part_twice_changes_nothing_and_leaves_no_other_name(files: Files, tmp_path: Path) -> None:
    path = part(tmp_path)
    files.put("evidence/ab/abc", path)
    files.put("evidence/ab/abc", path)
    folder = tmp_path / "files" / "evidence" / "ab"
    assert [p.name for p in folder.iterdir()] == ["abc"]


def test_a_key_is_replaced_as_a_whole(files: Files) -> None:
    files.put_bytes("thumb/1.jpg", b"first")
    before = files.open("thumb/1.jpg")
    files.put_bytes("thumb/1.jpg", b"second, and longer")
    assert before.read() == b"first"
    assert files.open("thumb/1.jpg").read() == b"second, and longer"


def test_what_is_not_there_has_no_size_and_can_be_deleted(files: Files) -> None:
    assert files.size("thumb/none.jpg") is None
    files.delete("thumb/none.jpg")
    with pytest.raises(FileNotFoundError):
        files.open("thumb/none.jpg")


def test_a_folder_on_another_disk_gets_a_copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def elsewhere(_source: object, _target: object) -> None:
        raise OSError(18, "Invalid cross-device link")

    monkeypatch.setattr(os, "link", elsewhere)
    files = Files((tmp_path / "files").as_uri())
    files.put("evidence/ab/abc", part(tmp_path))
    assert files.open("evidence/ab/abc").read() == b"a crane"


def test_file_and_new_folders_are_synced_before_put_returns(tmp_path: Path) -> None:
    synced: list[str] = []

    def fsync(handle: int) -> None:
        synced.append(Path(f"/proc/self/fd/{handle}").resolve().name)
        os.fsync(handle)

    files = Files((tmp_path / "files").as_uri(), fsync=fsync)
    files.put("evidence/ab/abc", part(tmp_path))
    folders = [tmp_path.name, "files", "evidence"]
    assert synced == ["one.part", *folders, "ab"]
    synced.clear()
    files.put("evidence/ab/abc", tmp_path / "one.part")
    assert synced == ["one.part", "ab"]
    synced.clear()
    Files((tmp_path / "files").as_uri(), fsync=fsync).put("evidence/ab/abc", tmp_path / "one.part")
    assert synced == ["one.part", *folders, "ab"]  # another process may have made them and gone


def test_a_folder_whose_sync_failed_is_synced_by_whoever_comes_next(tmp_path: Path) -> None:
    """It is there, but nobody knows whether its name is on the disk."""
    synced: list[str] = []
    fails = iter([False, False, True])

    def fsync(handle: int) -> None:
        if next(fails, False):
            raise OSError(5, "Input/output error")
        synced.append(Path(f"/proc/self/fd/{handle}").resolve().name)

    files = Files((tmp_path / "files").as_uri(), fsync=fsync)
    with pytest.raises(OSError, match="Input/output"):
        files.put("evidence/ab/abc", part(tmp_path))
    synced.clear()
    files.put("evidence/ab/abc", tmp_path / "one.part")
    assert synced == ["one.part", "files", "evidence", "ab"]


def test_a_failed_sync_leaves_no_key(tmp_path: Path) -> None:
    def broken(_handle: int) -> None:
        raise OSError(5, "Input/output error")

    files = Files((tmp_path / "files").as_uri(), fsync=broken)
    with pytest.raises(OSError, match="Input/output"):
        files.put("evidence/abc", part(tmp_path))
    assert files.size("evidence/abc") is None


def test_what_a_killed_process_was_writing_is_swept_away_a_day_later(files: Files, tmp_path: Path) -> None:
    def killed(handle: int) -> None:
        if stat.S_ISREG(os.fstat(handle).st_mode):
            os._exit(9)

    child = os.fork()
    if child == 0:
        Files((tmp_path / "files").as_uri(), fsync=killed).put_bytes("thumb/1.jpg", b"half a thumb")
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 9
    assert files.size("thumb/1.jpg") is None
    (left,) = files.unfinished()
    files.forget_unfinished(clock.now() - timedelta(days=1))
    assert left.exists()  # perhaps somebody is writing it this moment
    files.forget_unfinished(clock.now() + timedelta(days=1))
    assert list(files.unfinished()) == []

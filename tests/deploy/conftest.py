"""What several machines share, for real: a Valkey (Redis) and an S3 store."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.deploy.shared import Bucket, Valkey


@pytest.fixture
def valkey(tmp_path: Path) -> Iterator[Valkey]:
    server = Valkey(tmp_path / "valkey")
    server.start()
    yield server
    server.kill()


@pytest.fixture
def bucket(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bucket]:
    """An S3 store, and the variables that say where it is."""
    server = Bucket(tmp_path / "bucket")
    server.start()
    for name, value in server.settings_of().items():
        monkeypatch.setenv(name, value)
    yield server
    server.kill()

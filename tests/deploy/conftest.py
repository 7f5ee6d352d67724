"""What several machines share, for real: a Valkey (Redis) and an S3 store."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.deploy.shared import Valkey


@pytest.fixture
def valkey(tmp_path: Path) -> Iterator[Valkey]:
    server = Valkey(tmp_path / "valkey")
    server.start()
    yield server
    server.kill()

"""`POST /api/v1/imports`: a phone's export file at a desk."""

import json
from collections.abc import Iterator
from tempfile import SpooledTemporaryFile
from typing import Any

from flask import Blueprint, Response, request, stream_with_context
from flask.typing import ResponseReturnValue

from fieldapp.core import clock
from fieldapp.core.access import role
from fieldapp.core.login import person
from fieldapp.core.problems import Problem
from fieldapp.core.web import db, files, settings
from fieldapp.sync import imports
from fieldapp.sync.uploads import Uploads

bp = Blueprint("imports", __name__)
MAX_BYTES = 1024 * 1024 * 1024
IN_MEMORY = 4 * 1024 * 1024
READ = 16 * 1024


@bp.post("/api/v1/imports")
@role("desk", "admin")
def take() -> ResponseReturnValue:
    """One line of JSON a record as it is taken in, and a last line that says whether the file was whole."""
    if (request.content_length or 0) > MAX_BYTES:
        raise Problem(413, "too-large")
    request.max_content_length = MAX_BYTES + READ
    file = SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115 - closed when the answer has been sent
    size = 0
    while part := request.stream.read(READ):
        size += len(part)
        if size > MAX_BYTES:
            raise Problem(413, "too-large")
        file.write(part)
    file.seek(0)
    answer = Response(stream_with_context(_lines(file)), mimetype="application/x-ndjson")
    answer.call_on_close(file.close)
    return answer


def _lines(file: Any) -> Iterator[str]:
    importer, count = person().id, 0
    try:
        for taken in imports.take(db(), settings(), Uploads(settings(), db(), files()), file, importer):
            count += 1
            yield _line(
                id=taken.id, problem=taken.problem, photos=taken.photos,
                receipt=taken.receipt.model_dump(mode="json") if taken.receipt else None,
            )  # fmt: skip
        yield _line(done=True, records=count, server_time=clock.now().isoformat())
    except imports.NotAnExport:
        yield _line(done=False, records=count, code="not-an-export")


def _line(**fields: Any) -> str:
    return json.dumps(fields, ensure_ascii=False) + "\n"

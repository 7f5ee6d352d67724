"""A phone's export file at a desk: the page `/imports`, and `POST /api/v1/imports` for programs."""

import json
from collections.abc import Callable, Iterator
from tempfile import SpooledTemporaryFile
from typing import IO, Any, cast

from flask import Blueprint, Response, render_template, request, stream_with_context
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from werkzeug.datastructures import FileStorage

from fieldapp.accounts.models import ADMIN, DESK
from fieldapp.core import clock
from fieldapp.core.access import role
from fieldapp.core.limits import asker, limiter
from fieldapp.core.login import person
from fieldapp.core.problems import Problem
from fieldapp.core.web import db, files, no_store, settings
from fieldapp.sync import import_words, imports
from fieldapp.sync.import_words import Outcome
from fieldapp.sync.uploads import Uploads

bp = Blueprint("imports", __name__)
MAX_BYTES = 1024 * 1024 * 1024
IN_MEMORY = 4 * 1024 * 1024
READ = 16 * 1024


@bp.post("/api/v1/imports")
@limiter.limit("60/minute", key_func=asker)
@role(DESK, ADMIN)
def take() -> ResponseReturnValue:
    """One line of JSON a record as it is taken in, and a last line that says whether the file was whole."""
    return _telling(_lines)


def _telling(told: Callable[[IO[bytes]], Iterator[str]]) -> Response:
    """The body as a file, and an answer that goes on while it is read."""
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
    answer = Response(stream_with_context(told(cast(IO[bytes], file))), mimetype="application/x-ndjson")
    answer.call_on_close(file.close)
    return no_store(answer)


def _lines(file: IO[bytes]) -> Iterator[str]:
    count = 0
    try:
        for taken in _taken(file):
            count += 1
            yield _line(
                id=taken.id, new=taken.new, problem=taken.problem, photos=taken.photos,
                receipt=taken.receipt.model_dump(mode="json") if taken.receipt else None,
            )  # fmt: skip
        yield _line(done=True, records=count, server_time=clock.now().isoformat())
    except imports.NotAnExport:
        yield _line(done=False, records=count, code="not-an-export")


def _taken(file: IO[bytes]) -> Iterator[imports.Taken]:
    yield from imports.take(db(), settings(), Uploads(settings(), db(), files()), file, person().id)


def _line(**fields: Any) -> str:
    return json.dumps(fields, ensure_ascii=False) + "\n"


# -- the page ------------------------------------------------------------------------------------------------------


@bp.get("/imports")
@role(DESK, ADMIN)
def imports_page() -> ResponseReturnValue:
    return _page()


@bp.post("/imports")
@limiter.limit("60/minute", key_func=asker)
@role(DESK, ADMIN)
def hand_in() -> ResponseReturnValue:
    """Take the file in, then say what became of each record. Sent again, it says that all is there already."""
    file, error = _handed_in()
    if file is None:
        return _page(error, 422)
    outcomes, wrong = [], ""
    try:
        outcomes += [Outcome.of(taken) for taken in _taken(file.stream)]
    except imports.NotAnExport as none:
        wrong = import_words.why_not(none)
    return no_store(Response(render_template("sync/imports.html", error="", **_end(outcomes, wrong))))


@bp.post("/imports/live")
@limiter.limit("60/minute", key_func=asker)
@role(DESK, ADMIN)
def hand_in_live() -> ResponseReturnValue:
    """The same for a page that looks on, and sends the file as it is: a line of JSON a record with its row, and one
    with what it came to."""
    return _telling(_live)


def _live(file: IO[bytes]) -> Iterator[str]:
    outcomes: list[Outcome] = []
    wrong = ""
    try:
        for taken in _taken(file):
            outcomes.append(Outcome.of(taken))
            yield _line(row=render_template("sync/_import_row.html", one=outcomes[-1], words=import_words))
    except imports.NotAnExport as none:
        wrong = import_words.why_not(none)
    yield _line(end=render_template("sync/_import_end.html", **_end(outcomes, wrong)))


def _handed_in() -> tuple[FileStorage | None, str]:
    """The file of the form, or what is wrong with it."""
    if (request.content_length or 0) > MAX_BYTES:
        return None, str(_("The file is larger than 1 GB. Please export fewer records at a time on the phone."))
    request.max_content_length = MAX_BYTES + READ
    file = request.files.get("file")
    if file is None or not file.filename:
        return None, str(_("Please choose the file that the phone has exported."))
    return file, ""


def _end(outcomes: list[Outcome], wrong: str) -> dict[str, Any]:
    return {
        "outcomes": sorted(outcomes, key=lambda one: import_words.ORDER.index(one.how)),
        "counts": {how: sum(one.how == how for one in outcomes) for how in import_words.ORDER},
        "wrong": wrong,
        "words": import_words,
        "handed_in": True,
    }


def _page(error: str = "", status: int = 200) -> ResponseReturnValue:
    return render_template("sync/imports.html", error=error, handed_in=False, words=import_words), status

"""Error answers: a page that needs no database, problem+json under /api. Neither can itself fail."""

import logging
from typing import cast

from flask import Flask, Response, jsonify, render_template, request
from werkzeug.exceptions import HTTPException

from fieldapp.core import passing, reports
from fieldapp.core.problems import Problem, generic
from fieldapp.core.web import close_reading, request_id, said_path

log = logging.getLogger("fieldapp.errors")
SOON, LATER = (("Retry-After", "5"),), (("Retry-After", "60"),)
LAST_RESORT = "<!doctype html><meta charset=utf-8><title>{status}</title><h1>{status}</h1><p>{title}</p><p>{id}</p>"


def answer(problem: Problem) -> Response:
    """The problem in the shape that the asker can read."""
    response = _json(problem) if request.path.startswith("/api/") else _page(problem)
    response.status_code = problem.status
    for name, value in problem.headers:
        response.headers[name] = value
    response.headers["Cache-Control"] = "no-store"
    return response


def come_again(error: BaseException) -> Problem:
    """What whoever asked is told of an error that passes."""
    return Problem(507, "disk-full", headers=LATER) if passing.no_room(error) else Problem(503, "busy", headers=SOON)


def _json(problem: Problem) -> Response:
    body = {"code": problem.code, "title": problem.title, "request_id": request_id()}
    if problem.detail:
        body["detail"] = problem.detail
    response = jsonify(body)
    response.mimetype = "application/problem+json"
    return response


def _page(problem: Problem) -> Response:
    try:
        return Response(render_template("error.html", problem=problem, request_id=request_id()))
    except Exception:
        log.exception("the error page failed", extra={"facts": {"request_id": request_id()}})
        return Response(LAST_RESORT.format(status=problem.status, title=problem.code, id=request_id()))


def _http(error: HTTPException) -> Response:
    if error.response is not None or error.code is None or error.code < 400:
        return cast(Response, Response.force_type(error.get_response(), request.environ))
    kept = {"Retry-After", "Allow"}
    headers = tuple((name, value) for name, value in error.get_headers(request.environ) if name in kept)
    return answer(generic(error.code, headers))


def _crash(error: Exception) -> Response:
    if passing.passes(error):
        log.warning("not now", exc_info=error, extra={"facts": {"request_id": request_id(), "path": said_path()}})
        close_reading()  # its connection may be the one that was lost; what finishes the answer reads anew
        return answer(come_again(error))
    reports.tell(error, request_id=request_id(), route=str(request.url_rule or ""))
    log.exception("unhandled", extra={"facts": {"request_id": request_id(), "path": said_path()}})
    return answer(generic(500))


def init_app(app: Flask) -> None:
    app.register_error_handler(Problem, answer)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(Exception, _crash)

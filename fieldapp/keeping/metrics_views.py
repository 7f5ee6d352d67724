"""`/metrics`: figures for Prometheus, for whoever brings the token of the settings. To others it is not there."""

from hmac import compare_digest

from flask import Blueprint, Response, request

from fieldapp.core import metrics
from fieldapp.core.access import public
from fieldapp.core.problems import not_found
from fieldapp.core.web import no_store, read, settings
from fieldapp.keeping import figures

bp = Blueprint("metrics", __name__)
TEXT = "text/plain; version=0.0.4; charset=utf-8"


@bp.get("/metrics")
@public
def figures_of_today() -> Response:
    token = settings().metrics_token
    brought = request.headers.get("Authorization", "").removeprefix("Bearer ")
    if not token or not compare_digest(brought.encode(), token.encode()):
        raise not_found()
    said = [*metrics.lines(), *figures.lines(read(), settings())]
    return no_store(Response("\n".join(said) + "\n", content_type=TEXT))

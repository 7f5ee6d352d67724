"""Pages and JSON go compressed over the wire: a phone with one bar of signal pays for each byte."""

import brotli
from flask import Flask, Response, request

COMPRESSIBLE = {"text/html", "application/json", "application/manifest+json", "text/javascript"}
WORTH_IT = 1_000  # bytes; a smaller answer fits in one packet anyway
QUALITY = 4  # about a millisecond for a page


def compress(response: Response) -> Response:
    wanted = "br" in request.headers.get("Accept-Encoding", "") and response.mimetype in COMPRESSIBLE
    if not wanted or response.direct_passthrough or response.is_streamed or "Content-Encoding" in response.headers:
        return response
    body = response.get_data()
    if len(body) >= WORTH_IT:
        response.set_data(brotli.compress(body, quality=QUALITY))
        response.headers["Content-Encoding"] = "br"
        response.vary.add("Accept-Encoding")
    return response


def init_app(app: Flask) -> None:
    app.after_request(compress)

"""Photo bytes as an HTTP answer, for the pages of people and for links."""

from hashlib import sha256

from flask import Response, request, send_file

from fieldapp.core import web
from fieldapp.core.problems import not_found

ALONE = "default-src 'none'; sandbox"  # should a browser ever take it for a page, it is one that can do nothing


def sent_picture(key: str) -> Response:
    return sent_bytes(key, "image/jpeg")


def sent_bytes(key: str, mimetype: str) -> Response:
    path = web.files().path(key)
    try:
        if path is not None:
            response = send_file(path, mimetype=mimetype, conditional=True, etag=True)
        else:
            size, pieces = web.files().sent(key)
            response = Response(pieces, mimetype=mimetype)
            response.content_length = size
            response.set_etag(sha256(f"{key} {size}".encode()).hexdigest()[:32])
            response.make_conditional(request)
    except FileNotFoundError as error:
        raise not_found() from error
    response.headers["Content-Security-Policy"] = ALONE
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response

"""Every problem that a user or a phone can be told of, in one registry."""

from dataclasses import dataclass
from http import HTTPStatus

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString

TITLES: dict[str, LazyString] = {
    "bad-request": _l("This request could not be read."),
    "not-json": _l("This is not a record: no JSON object could be read."),
    "incomplete": _l("The connection ended before everything had arrived."),
    "cross-site": _l("This form came from another site, so nothing was changed."),
    "access-ended": _l("This account has ended. What is saved on this phone can still be sent for 30 days."),
    "signed-out": _l("Please sign in again. What is saved on this phone stays there."),
    "not-allowed": _l("This account may not do that."),
    "first": _l("Something must be done first: please open any page, and it leads there."),
    "password-again": _l("This step asks for the password again."),
    "not-owner": _l("This record belongs to another user. It stays on the phone until they sign in."),
    "not-found": _l("There is nothing here, or not for this account."),
    "method": _l("This address does not take that kind of request."),
    "variant": _l("Another version of this record arrived earlier. Both are kept; the office will choose."),
    "photo-differs": _l("Another photo arrived under this id."),
    "photo-too-large": _l("This photo is larger than 64 MB."),
    "record-unknown": _l("The record of this photo has not arrived yet."),
    "record-too-large": _l("This record is larger than 1 MB."),
    "upload-busy": _l("This photo is being uploaded by another connection."),
    "checksum": _l("The bytes that arrived are not those that were announced."),
    "offset": _l("The upload goes on from another place."),
    "busy": _l("Too much is arriving at once. Please try again shortly."),
    "too-many": _l("Too many requests. Please try again shortly."),
    "disk-full": _l("The server has no room left. Nothing is lost; the phone will try again."),
    "too-large": _l("This is too large."),
    "no-font": _l("This server has no font for Chinese, so it cannot mark photos. Please tell its administrator."),
    "demo": _l("This is a demo account."),
    "server": _l("Something went wrong on our side. Nothing that was saved is lost."),
}
GENERIC = {400: "bad-request", 401: "signed-out", 403: "not-allowed", 404: "not-found", 405: "method",
           413: "too-large", 429: "too-many", 500: "server", 503: "busy"}  # fmt: skip


@dataclass
class Problem(Exception):
    """Raised by views; answered as a page, or as `application/problem+json` under /api."""

    status: int
    code: str
    detail: str = ""
    headers: tuple[tuple[str, str], ...] = ()

    @property
    def title(self) -> str:
        return str(TITLES.get(self.code) or _("Something went wrong."))


def generic(status: int, headers: tuple[tuple[str, str], ...] = ()) -> Problem:
    """The problem for a bare HTTP status."""
    fallback = "server" if status >= HTTPStatus.INTERNAL_SERVER_ERROR else "bad-request"
    return Problem(status, GENERIC.get(status, fallback), headers=headers)


def not_found() -> Problem:
    """For what does not exist, and for what a stranger may not know to exist."""
    return Problem(404, "not-found")

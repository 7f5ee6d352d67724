"""`/visits/<id>/photos/<id>/marked`: a photo for a report, with time, place, project, officer, number and position."""

from contextlib import closing
from uuid import UUID

from flask import Blueprint, Response
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from fieldapp.core import audit, i18n
from fieldapp.core.limits import asker, limiter
from fieldapp.core.login import person
from fieldapp.core.problems import Problem, not_found
from fieldapp.core.web import db, files, no_store, read, settings
from fieldapp.feed.supplement_views import insiders, visit_of
from fieldapp.feed.visit_queries import visit_page
from fieldapp.photos import policy as photos_policy
from fieldapp.photos import queries as photos
from fieldapp.photos import watermark
from fieldapp.photos.models import Photo
from fieldapp.photos.sending import ALONE
from fieldapp.projects.coordinates import to_wgs84
from fieldapp.visits import queries as visits
from fieldapp.visits.models import Visit

bp = Blueprint("watermark", __name__)


@bp.get("/visits/<uuid:id>/photos/<uuid:photo_id>/marked")
@limiter.limit("60/minute", key_func=asker)
@insiders
def marked(id: UUID, photo_id: UUID) -> ResponseReturnValue:
    """A file to save; made anew each time, so that it says what the visit says now. Who took it is on record."""
    visit = visit_of(id)
    photo = _photo_of(visit, photo_id)
    lines = _lines(visit, photo)
    try:
        with closing(files().open(photo.display_key)) as display:
            picture = watermark.marked(display.read(), lines)
    except (FileNotFoundError, watermark.NoPicture):
        raise not_found() from None
    except watermark.NoFont:
        raise Problem(503, "no-font") from None
    by = person().id
    db().write(lambda session: audit.record(session, by, "photo.marked", "photo", photo_id, visit=str(id)))
    answer = Response(picture, mimetype="image/jpeg")
    name = f"{visit.number or id}-{photo.order + 1}.jpg"
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    answer.headers["Content-Security-Policy"] = ALONE
    return no_store(answer)


def _photo_of(visit: Visit, photo_id: UUID) -> Photo:
    """A photo that this visit, or a supplement of it, shows to this person."""
    session = read()
    photo = session.get(Photo, photo_id)
    if photo is None or not photo.has_copies or not photos_policy.may_see(session, person(), photo):
        raise not_found()
    said = [one.id for one in visits.supplements(session, [visit.id]).get(visit.id, [])]
    shown = photos.used_by(session, "visit", [visit.id]) | photos.used_by(session, "supplement", said)
    if photo_id not in {one.id for each in shown.values() for one in each}:
        raise not_found()
    return photo


def _lines(visit: Visit, photo: Photo) -> list[str]:
    """What the band says. A position of the photo itself goes before that of the visit."""
    page = visit_page(read(), person(), visit, zone_readable=settings().zone_readable)
    main = page.main if page.main and page.main.id in page.openable else None
    place = [main.area.name] if main and main.area else []
    title = main.title if main else next((one.name for one in page.enterprises), visit.typed_project)
    return [
        title,
        " · ".join([i18n.full_time(photo.taken_at or visit.occurred_at), *place]),
        _position(visit, photo),
        " · ".join([page.author, visit.number or ""]),
    ]


def _position(visit: Visit, photo: Photo) -> str:
    own = photo.position
    if own is not None:
        lat, lng = to_wgs84(own["lat"], own["lng"], own["crs"])
        accuracy = own.get("accuracy_m")
    elif visit.lat is not None and visit.lng is not None:
        lat, lng, accuracy = visit.lat, visit.lng, visit.accuracy_m
    else:
        return ""
    said = f"{lat:.5f}, {lng:.5f} (WGS-84)"
    return str(_("%(point)s, to %(metres)s m", point=said, metres=round(accuracy))) if accuracy else said

"""Who may see a photo: whoever may see everything that shows it.

| | author | lead of the author's team | others | handling unit |
| --- | --- | --- | --- | --- |
| a photo | who may read every visit, supplement and issue that shows it ||| of its issue (*) |
| a sensitive one | as above | as above | no | of its issue (*) |
| of a record that is not placed | yes | no | no | no |
| download of what is withdrawn or no picture | yes | no | admin | no |
| that it is there: size, hash, what became of it | yes | no | admin | no |
| purge | no | no | admin | no |

(*) if nothing sensitive shows it too that the unit may not read.

Visits and issues stand above photos and know who may read them; each registers here how to ask (`readers`).
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from fieldapp.accounts.models import Membership
from fieldapp.accounts.policy import Person
from fieldapp.photos.models import STORED, UNREADABLE, WITHDRAWN, Photo, PhotoUse

# user_type of PhotoUse -> which of these ids the person may read. Without a reader: nobody may.
Reader = Callable[[Session, Person, Collection[UUID]], Collection[UUID]]
readers: dict[str, Reader] = {}


def visible(session: Session, person: Person, photos: Iterable[Photo]) -> set[UUID]:
    """The ids of those that `person` may see on a page, in one query a type of user."""
    asked = {photo.id: photo for photo in photos if photo.state == STORED}
    if not asked:
        return set()
    shown_by: dict[UUID, list[PhotoUse]] = defaultdict(list)
    for use in session.scalars(select(PhotoUse).where(PhotoUse.photo_id.in_(list(asked)))):
        shown_by[use.photo_id].append(use)
    readable = _readable(session, person, [use for uses in shown_by.values() for use in uses])
    led = _owners_led(session, person, {p.owner_id for p in asked.values() if p.sensitive})
    return {i for i, photo in asked.items() if _may_see(person, photo, shown_by.get(i, []), readable, led)}


def may_see(session: Session, person: Person, photo: Photo) -> bool:
    return photo.id in visible(session, person, [photo])


def may_download(session: Session, person: Person, photo: Photo) -> bool:
    """The evidence file: whoever sees the photo; author and admin also what is not or no longer shown."""
    if photo.stored_at is None or photo.purged_at is not None:
        return False
    if photo.state in (UNREADABLE, WITHDRAWN):
        return person.id == photo.owner_id or person.is_admin
    if not _is_shown(session, photo):
        return person.id == photo.owner_id
    return may_see(session, person, photo)


def may_know_of(person: Person, photo: Photo) -> bool:
    """Its facts without words and picture: its author, and the admin who is asked to remove it for good."""
    return person.id == photo.owner_id or person.is_admin


def may_purge(person: Person) -> bool:
    return person.is_admin


def _may_see(
    person: Person, photo: Photo, uses: list[PhotoUse], readable: set[tuple[str, UUID]], led: set[UUID]
) -> bool:
    if not uses:  # of a record that is not placed, or of a variant
        return person.id == photo.owner_id
    own = person.id == photo.owner_id or photo.owner_id in led
    hidden = [use for use in uses if (use.user_type, use.user_id) not in readable]
    if _handles(person, uses, hidden):
        return not any(use.sensitive for use in hidden)
    return not hidden and (own or not photo.sensitive)


def _handles(person: Person, uses: list[PhotoUse], hidden: list[PhotoUse]) -> bool:
    """A handling unit reads no visits: it sees what its issue was given, though a visit shows that too."""
    return person.is_unit and any(use.user_type == "issue" and use not in hidden for use in uses)


def _readable(session: Session, person: Person, uses: Iterable[PhotoUse]) -> set[tuple[str, UUID]]:
    ids: dict[str, set[UUID]] = defaultdict(set)
    for use in uses:
        ids[use.user_type].add(use.user_id)
    known = [(kind, readers[kind](session, person, asked)) for kind, asked in ids.items() if kind in readers]
    return {(kind, found) for kind, readable in known for found in readable}


def _owners_led(session: Session, person: Person, owners: set[UUID]) -> set[UUID]:
    """Those of `owners` whose team `person` leads today."""
    if not owners or not person.led_team_ids:
        return set()
    of_teams = Membership.team_id.in_(person.led_team_ids)
    held = select(Membership).where(Membership.user_id.in_(owners), of_teams)
    return {m.user_id for m in session.scalars(held) if m.holds_on(person.day)}


def _is_shown(session: Session, photo: Photo) -> bool:
    return session.scalar(select(PhotoUse.photo_id).where(PhotoUse.photo_id == photo.id).limit(1)) is not None

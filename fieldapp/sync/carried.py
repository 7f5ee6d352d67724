"""All that a phone carries, in one load: the rows (`reference`), and after them the pages (`briefs`).

The cursor of both is the rows' own, a tilde, and what the phone then has of the pages.
"""

from typing import Any

from sqlalchemy.orm import Session

from fieldapp.core.paging import pack, unpack
from fieldapp.feed.brief_queries import Reach
from fieldapp.sync import briefs, reference
from fieldapp.sync.receipts import server_epoch
from fieldapp.sync.reference_rows import Asker

MARK = "~"


def answer(session: Session, asker: Asker, press: briefs.Press, since: str | None, part: str | None) -> dict[str, Any]:
    """One page of a first load or of a delta."""
    rows, _, has = (since or "").partition(MARK)
    reach = Reach(asker.person, asker.zone_readable, press.neglect_days)
    if part and part.startswith(MARK) and (place := unpack(part[1:], str, str)) is not None:
        cursor, going_on = place
        answered: dict[str, Any] = {"server_epoch": server_epoch(session), "changes": {}, "removed": {}}
        return _with_pages(answered, cursor, briefs.part(session, reach, press, has, going_on))
    answered = reference.answer(session, asker, rows or None, part)
    if "cursor" not in answered:
        return answered
    return _with_pages(answered, answered.pop("cursor"), briefs.part(session, reach, press, has, ""))


def _with_pages(answered: dict[str, Any], cursor: str, pages: briefs.Part) -> dict[str, Any]:
    if pages.rows:
        answered["changes"]["briefs"] = pages.rows
    if pages.removed:
        answered["removed"]["briefs"] = pages.removed
    if pages.next is not None:
        return answered | {"next": MARK + pack(cursor, pages.next)}
    return answered | {"cursor": f"{cursor}{MARK}{pages.has}"}

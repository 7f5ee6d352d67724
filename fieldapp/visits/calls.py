"""A call that nobody answered is an entry like any other, and no contact: 久未联系 goes on counting.

How a call went is said in the words of the entry itself (behaviours/capture/outcome.js puts them there), so correcting
those words is all it takes, and records of any age and from either door are judged alike.
"""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import ColumnElement, and_, func, not_, or_

from fieldapp.visits.models import Visit

CALL = "phone_follow_up"
# 未接 and 稍后再打 as the form says them, in each language.
UNANSWERED = ("未接", "稍后再打", "No answer", "Call again later")
THEN = ("", "\n", "\r", *"，。；、：！（,.;:!(—-")  # what may follow them; 未接到通知 is another word
OTHERWISE = ("progress", "needs", "problems", "answers")  # whoever filled these in has spoken to somebody
BLANK = " \t\r\n"


def is_contact(said: Mapping[str, Any]) -> bool:
    """Whether a visit with these columns is a contact."""
    if said["kind"] != CALL or any(said[name] for name in OTHERWISE):
        return True
    text = said["content"].lstrip(BLANK)
    return not any(text.startswith(words) and text[len(words) : len(words) + 1] in THEN for words in UNANSWERED)


def contact() -> ColumnElement[bool]:
    """`is_contact`, asked of the rows of visits."""
    text = func.ltrim(Visit.content, BLANK)
    begins = (
        and_(func.substr(text, 1, len(words)) == words, func.substr(text, len(words) + 1, 1).in_(THEN))
        for words in UNANSWERED
    )
    silent = (getattr(Visit, name) == "" for name in OTHERWISE)
    return not_(and_(Visit.kind == CALL, *silent, or_(*begins)))

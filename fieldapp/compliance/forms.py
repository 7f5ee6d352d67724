"""Complaints and suggestions, the way back to an answer, and the answer itself."""

from uuid import uuid4

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import BooleanField, HiddenField, RadioField, SelectChoice, StringField, TextAreaField
from wtforms.validators import DataRequired, InputRequired, Length

from fieldapp.compliance.models import COMPLAINT, FAULT, SUGGESTION

KINDS = {SUGGESTION: _l("Suggestion"), COMPLAINT: _l("Complaint"), FAULT: _l("Something does not work")}
MOST = 5_000
TOO_LONG = _l("At most %(max)d characters.")


def _clean(text: str | None) -> str:
    return (text or "").replace("\x00", "").replace("\r\n", "\n").strip()


class FeedbackForm(FlaskForm):
    id = HiddenField(default=lambda: str(uuid4()))  # no UUIDv7: an anonymous one must not tell its time of making
    kind = RadioField(_l("Kind of feedback"), choices=[SelectChoice(*one) for one in KINDS.items()], default=SUGGESTION)
    text = TextAreaField(
        _l("Your message"),
        [DataRequired(_l("Please write a few words.")), Length(max=MOST, message=TOO_LONG)],
        filters=[_clean],
    )
    anonymous = BooleanField(_l("Anonymous"))


class LookupForm(FlaskForm):
    number = StringField(
        _l("Number"), [DataRequired(_l("Please enter the number, such as YJ-2026-000001."))], filters=[_clean]
    )
    code = StringField(_l("Code"), [InputRequired(_l("Please enter the code that was shown with the number."))])


class AnswerForm(FlaskForm):
    answer = TextAreaField(
        _l("Answer"),
        [DataRequired(_l("Please write a few words.")), Length(max=MOST, message=TOO_LONG)],
        filters=[_clean],
    )

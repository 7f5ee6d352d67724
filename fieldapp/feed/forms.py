"""What the plain forms say: a remark on a visit, and a whole visit on `/visits/new`."""

import hashlib
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import (
    BooleanField,
    Field,
    FieldList,
    Form,
    FormField,
    HiddenField,
    RadioField,
    SelectChoice,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.validators import ValidationError

from fieldapp.core import clock
from fieldapp.core.db import new_id, uuid_of
from fieldapp.core.web import settings
from fieldapp.issues.body import IssueEvent
from fieldapp.photos.body import PhotoClaim
from fieldapp.visits.body import Met, NextStep, Outside, VisitBody

MAX_TEXT = 20_000
MAX_LINE = 200


def clean(text: str | None) -> str:
    """As typed, but for what no database keeps and what browsers make of line ends."""
    return (text or "").replace("\x00", "").replace("\r\n", "\n").strip()


def id_of(text: str | None) -> UUID:
    """The id that a form was rendered with; a fresh one where it was tampered with."""
    return uuid_of(text) or new_id()


@dataclass
class Remark:
    """One text about a visit, under an id made when the form was rendered."""

    id: UUID = field(default_factory=new_id)
    text: str = ""
    error: str = ""
    already: bool = False

    @classmethod
    def read(cls, form: Mapping[str, str], name: str) -> "Remark":
        remark = cls(id_of(form.get("id")), clean(form.get(name)))
        if not remark.text:
            remark.error = _("Please write a few words.")
        elif len(remark.text) > MAX_TEXT:
            remark.error = too_long(len(remark.text), MAX_TEXT)
        return remark

    def again(self) -> None:
        """Its id is taken by another text: nothing is overwritten, and nothing typed is lost."""
        self.id, self.already = new_id(), True


def too_long(length: int, most: int) -> str:
    return str(_("%(n)s characters are too many; %(most)s fit.", n=length, most=most))


# -- /visits/new ---------------------------------------------------------------------------------------------------

MAX_ISSUES = 10
END_OF_DAY = time(18)  # of the office: a deadline that is a day runs until then


def text_fits(most: int) -> Callable[[Form, Field], None]:
    def check(_form: Form, field: Field) -> None:
        if len(field.data or "") > most:
            raise ValidationError(too_long(len(field.data), most))

    return check


def _plausible(day: date) -> None:
    if not 2000 <= day.year <= 2100:
        raise ValidationError(_("Please check the year."))


def _day(_form: Form, field: Field) -> None:
    """A calendar day as browsers send it, or as one types it."""
    field.day = None
    if field.data:
        try:
            field.day = date.fromisoformat(field.data.replace("/", "-"))
        except ValueError as error:
            raise ValidationError(_("A day looks like 2026-11-22.")) from error
        _plausible(field.day)


def _moment(_form: Form, field: Field) -> None:
    """A time of the office's clock."""
    field.at = None
    if field.data:
        try:
            field.at = datetime.fromisoformat(field.data.replace("/", "-").replace(" ", "T"))
        except ValueError as error:
            raise ValidationError(_("A time looks like 2026-11-22 09:41.")) from error
        _plausible(field.at)


def _line(label: Any, *more: Any, **kwargs: Any) -> StringField:
    return StringField(label, [text_fits(MAX_LINE), *more], filters=[clean], **kwargs)


def _text(label: Any, **kwargs: Any) -> TextAreaField:
    return TextAreaField(label, [text_fits(MAX_TEXT)], filters=[clean], **kwargs)


URGENCIES = (("normal", _l("Normal")), ("urgent", _l("Urgent")), ("critical", _l("Critical")))


class IssueForm(Form):
    """One issue inside a visit; a block left empty is none."""

    title = _line(_l("Title"))
    category = SelectField(_l("Category"), validate_choice=False)
    urgency = SelectField(
        _l("Urgency"), choices=[SelectChoice(*one) for one in URGENCIES],
        default="normal", validate_choice=False,
    )  # fmt: skip
    raised_by = _line(_l("Raised by"))
    deadline = StringField(_l("The enterprise's own deadline"), [_day], filters=[clean])
    text = _text(_l("Details"))
    sensitive = BooleanField(_l("Sensitive"))

    @property
    def blank(self) -> bool:
        return not (self.title.data or self.text.data or self.raised_by.data or self.deadline.data)

    def validate_title(self, field: Field) -> None:
        if not field.data and not self.blank:
            raise ValidationError(_("A few words are needed, so that the unit knows what to do."))


class _Blocks(FieldList):
    """Blocks as our pages number them: other digits, or thousands of them, are no number to Python."""

    def _extract_indices(self, prefix: str, formdata: Iterable[str]) -> Iterator[int]:
        ours = re.compile(rf"{re.escape(prefix)}-[0-9]{{1,3}}-")
        found: Iterator[int] = super()._extract_indices(prefix, [name for name in formdata if ours.match(name)])
        return found


class VisitForm(FlaskForm):
    """A visit on a plain page; the ids of VisitBody, as far as one fills them in without a phone's help."""

    id = HiddenField()
    project = SelectField(_l("Project"), validate_choice=False)
    typed_project = _line(
        _l("Another project"),
        description=_l("Its whole name or initials; if it is not there yet, the office files it."),
    )
    kind = SelectField(_l("Kind"), validate_choice=False)
    said_when = RadioField(
        _l("When"),
        choices=[SelectChoice("now", _l("Just now")), SelectChoice("time", _l("At another time"))],
        default="now",
        validate_choice=False,
    )
    occurred_at = StringField(_l("Time"), [_moment], filters=[clean], description=_l("Only where it was not just now."))
    content = _text(_l("What it was about"))
    progress = _text(_l("Construction progress"))
    progress_percent = StringField(_l("Progress in percent"), filters=[clean])
    needs = _text(_l("What they need"))
    problems = _text(_l("Problems seen"))
    answers = _text(_l("Answers given"))
    met_name = _line(_l("Who was met"))
    met_title = _line(_l("Their position"))
    participants = SelectMultipleField(_l("Colleagues who came"), validate_choice=False)
    outside = _text(_l("Others present"), description=_l("One per line"))
    next_text = _text(_l("Next step"))
    next_on = StringField(_l("By when"), [_day], filters=[clean])
    issues = _Blocks(FormField(IssueForm), min_entries=1, max_entries=MAX_ISSUES)
    sensitive = BooleanField(_l("Only the team and those who handle it may read this visit"))

    def validate_typed_project(self, field: Field) -> None:
        if not field.data and not self.project.data:
            raise ValidationError(_("Choose a project above, or type its name."))

    def validate_kind(self, field: Field) -> None:
        if field.data not in {code for code, _name in field.choices}:
            raise ValidationError(_("Please choose a kind."))

    def validate_occurred_at(self, field: Field) -> None:
        if self.said_when.data == "time" and not field.data:
            raise ValidationError(_("Please say when it was."))
        at = self.occurred()
        if at is not None and at > clock.now():
            raise ValidationError(_("This time has not come yet."))

    def validate_progress_percent(self, field: Field) -> None:
        if field.data and not re.fullmatch(r"[0-9]{1,2}|100", field.data):
            raise ValidationError(_("A whole number from 0 to 100."))

    @property
    def known_issues(self) -> list[IssueForm]:
        return [entry.form for entry in self.issues if not entry.form.blank]

    @property
    def faults(self) -> list[tuple[str, str, str]]:
        """For the summary on top: the id of each field at fault, its label, what to mend."""
        plain = [field for field in self if field.errors and field is not self.issues]
        nested = [field for entry in self.issues for field in entry.form if field.errors]
        return [(field.id, str(field.label.text), str(field.errors[0])) for field in [*plain, *nested]]

    # -- what it comes to ------------------------------------------------------------------------------------------

    @property
    def zone(self) -> ZoneInfo:
        """In which the times of the form are meant."""
        return ZoneInfo(settings().timezone)

    def occurred(self) -> datetime | None:
        """When it was; none: just now."""
        at: datetime | None = getattr(self.occurred_at, "at", None) if self.said_when.data == "time" else None
        return at.replace(tzinfo=at.tzinfo or self.zone) if at else None

    def body(self, project_id: UUID | None) -> VisitBody:
        percent = self.progress_percent.data
        met = Met(name=self.met_name.data or "", title=self.met_title.data or "")
        step = NextStep(text=self.next_text.data or "", on=self.next_on.day)
        return VisitBody(
            kind=self.kind.data,
            project=project_id,
            typed_project="" if project_id else self.typed_project.data or "",
            said_when="time" if self.occurred() else "now",
            content=self.content.data or "",
            progress=self.progress.data or "",
            progress_percent=int(percent) if percent else None,
            needs=self.needs.data or "",
            problems=self.problems.data or "",
            answers=self.answers.data or "",
            met=[met] if met.name or met.title else [],
            participants=[id_of(one) for one in self.participants.data or []],
            outside=[Outside(unit=line[:MAX_LINE]) for line in (self.outside.data or "").splitlines() if line.strip()],
            next_step=step if step.text or step.on else None,
            position_absent="not_asked",
            sensitive=bool(self.sensitive.data),
        )

    def events(self) -> list[IssueEvent]:
        """Its issues, as events that open them."""
        return [_opened(form, self.zone) for form in self.known_issues]


def _opened(form: IssueForm, zone: ZoneInfo) -> IssueEvent:
    day = form.deadline.day
    return IssueEvent(
        id=new_id(),
        issue=new_id(),
        type="opened",
        title=form.title.data or "",
        text=form.text.data or "",
        category=clean(form.category.data)[:40],
        urgency=form.urgency.data if form.urgency.data in ("urgent", "critical") else "normal",
        raised_by=form.raised_by.data or "",
        enterprise_deadline=datetime.combine(day, END_OF_DAY, zone) if day else None,
        sensitive=bool(form.sensitive.data),
    )


def digest_of(body: VisitBody, at: datetime | None, events: Sequence[IssueEvent], claims: Sequence[PhotoClaim]) -> str:
    """What a form says, whenever and however often it is sent: everything but the ids made on the way."""
    said = [
        body.model_dump(mode="json"),
        at.isoformat() if at else "now",
        [event.model_dump(mode="json", exclude={"id", "issue"}) for event in events],
        [claim.sha256 for claim in claims],
    ]
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()

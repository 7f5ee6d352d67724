"""Keeping what visits are made of: their kinds, and the questions to ask at a stage."""

from fieldapp.core.kept import Kept
from fieldapp.visits.models import Question, VisitKind

GROUPS = ("site", "phone", "office", "meeting", "away")
WISHED = ("expected", "optional", "none")
SCOPES = ("before", "building", "producing")
# Of VisitBody, and photos and issues: what a kind may ask for, in no order.
ASKED = (
    "photos", "met", "needs", "progress", "problems", "issues", "answers", "content", "next_step", "participants",
    "outside", "programmes", "enterprises", "policy_items", "ended_at",
)  # fmt: skip

KINDS = Kept(
    VisitKind, "visit_kind", ("zh", "en", "group", "icon", "photos", "position", "fields", "order"), phones="kind",
    key="code",
)  # fmt: skip
QUESTIONS = Kept(Question, "question", ("zh", "en", "stages", "scope", "order"), phones="question", key="code")

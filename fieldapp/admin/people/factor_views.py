"""Taking away somebody's second factor, as when phone and recovery codes are lost: whoever grants roles does it."""

from uuid import UUID

from flask import Blueprint, redirect
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from fieldapp.accounts import factor_actions, factor_queries, policy
from fieldapp.accounts.factor_queries import Factors
from fieldapp.accounts.models import ADMIN, SECURITY, User
from fieldapp.core.access import role
from fieldapp.core.login import person
from fieldapp.core.problems import not_found
from fieldapp.core.reauth import recent_password
from fieldapp.core.web import db, read, settings

bp = Blueprint("people_factors", __name__)


@bp.app_template_global("second_factors_of")
def second_factors_of(id: UUID) -> Factors:
    """For the page of an account, which shows what can be taken away."""
    return factor_queries.factors(read(), id)


@bp.post("/admin/users/<uuid:id>/second-factor/removal")
@role(ADMIN, SECURITY)
@recent_password
def take_away(id: UUID) -> ResponseReturnValue:
    """Their sign-ins end, and the next one sets up a new factor. One's own is changed under /settings."""
    by = person()
    if by.id == id or not policy.may_grant(by, three_powers=settings().three_powers):
        raise not_found()

    def take(session: Session) -> None:
        user = session.get(User, id, with_for_update=True)
        if user is None or not factor_queries.factors(session, id).any:
            raise not_found()
        factor_actions.reset(session, user, by=by.id)

    db().write(take)
    return redirect(f"/admin/users/{id}?done=factor", 303)

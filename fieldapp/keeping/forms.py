"""The password, asked for again."""

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import PasswordField
from wtforms.validators import InputRequired, Length


class PasswordAgainForm(FlaskForm):
    password = PasswordField(
        _l("Current password"),
        [
            InputRequired(_l("Please enter the current password.")),
            Length(max=200, message=_l("At most %(max)d characters.")),
        ],
    )

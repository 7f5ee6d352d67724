"""Sign in, change a password, make the first admin."""

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import BooleanField, HiddenField, PasswordField, StringField
from wtforms.validators import EqualTo, InputRequired, Length

from fieldapp.accounts.actions import Refused

SENTENCES = {
    "password-short": _l("The password needs at least 10 characters."),
    "password-long": _l("The password may have 200 characters at most."),
    "password-plain": _l("Mix three kinds of characters: small letters, capitals, digits, signs, Chinese."),
    "password-name": _l("The password may not contain the name or the account name."),
    "username-form": _l("Small letters, digits, dot, dash; beginning with a letter."),
    "username-taken": _l("This account name is taken."),
    "name-form": _l("Please give a name of 1 to 60 characters."),
    "role-unknown": _l("There is no such role."),
    "last-admin": _l("They are the only system administrator. Have another one appointed first."),
    "last-security": _l("They are the only security administrator. Grant the role to another one first."),
}
TOO_LONG = _l("At most %(max)d characters.")


def sentence(refused: Refused) -> str:
    return str(SENTENCES[refused.code])


class SignInForm(FlaskForm):
    username = StringField(
        _l("Account"), [InputRequired(_l("Please enter the account name.")), Length(max=60, message=TOO_LONG)]
    )
    password = PasswordField(
        _l("Password"), [InputRequired(_l("Please enter the password.")), Length(max=200, message=TOO_LONG)]
    )
    own_device = BooleanField(_l("My own device: stay signed in"))
    next = HiddenField()


class PasswordForm(FlaskForm):
    current = PasswordField(
        _l("Current password"),
        [InputRequired(_l("Please enter the current password.")), Length(max=200, message=TOO_LONG)],
    )
    password = PasswordField(_l("New password"), [InputRequired(_l("Please enter the new password."))])
    again = PasswordField(
        _l("New password again"), [EqualTo("password", _l("The two entries of the new password differ."))]
    )


class EndSessionsForm(FlaskForm):
    proof = PasswordField(
        _l("Password"), [InputRequired(_l("Please enter the password.")), Length(max=200, message=TOO_LONG)]
    )


class CodeForm(FlaskForm):
    code = StringField(
        _l("Verification code"), [InputRequired(_l("Please enter the code.")), Length(max=40, message=TOO_LONG)]
    )


class PasskeyForm(FlaskForm):
    name = StringField(
        _l("Name of this passkey"),
        [InputRequired(_l("Please give it a name.")), Length(max=60, message=TOO_LONG)],
    )
    answer = HiddenField(validators=[Length(max=20_000)])


class PasskeySignInForm(FlaskForm):
    own_device = BooleanField(_l("My own device: stay signed in"))
    next = HiddenField()
    answer = HiddenField(validators=[InputRequired(), Length(max=20_000)])


class FirstAdminForm(FlaskForm):
    code = StringField(_l("Set-up code"), [InputRequired(_l("Please enter the code that the server printed."))])
    username = StringField(
        _l("Account"), [InputRequired(_l("Please enter the account name.")), Length(max=60, message=TOO_LONG)]
    )
    name = StringField(
        _l("Name"), [InputRequired(_l("Please give a name of 1 to 60 characters.")), Length(max=60, message=TOO_LONG)]
    )
    password = PasswordField(_l("Password"), [InputRequired(_l("Please enter the password."))])

"""Who may read feedback and answer it.

| | who said it | system administrator | others |
| --- | --- | --- | --- |
| read one | yes; anonymous: by number and code | yes | no |
| answer | no | yes | no |
"""

from sqlalchemy import ColumnElement

from fieldapp.accounts.policy import Person
from fieldapp.compliance.models import Feedback


def own(person: Person) -> ColumnElement[bool]:
    return Feedback.user_id == person.id


def may_answer(person: Person) -> bool:
    return person.is_admin

"""All registers, as the start page has them. A new one needs its `Kept` in its feature's actions and a row here."""

from fieldapp.admin.people.places import TEAMS_PAGE, UNITS_PAGE
from fieldapp.admin.registers.project_registers import (
    AREAS_PAGE,
    ASSIGNMENTS_PAGE,
    CONTACTS_PAGE,
    ENTERPRISES_PAGE,
    PROJECTS_PAGE,
    ZONES_PAGE,
)
from fieldapp.admin.registers.word_registers import (
    CATEGORIES_PAGE,
    KINDS_PAGE,
    PHRASES_PAGE,
    PROGRAMMES_PAGE,
    QUESTIONS_PAGE,
)

PLACES = (PROJECTS_PAGE, ENTERPRISES_PAGE, CONTACTS_PAGE, ASSIGNMENTS_PAGE, AREAS_PAGE, ZONES_PAGE)
WORDS = (KINDS_PAGE, CATEGORIES_PAGE, PROGRAMMES_PAGE, QUESTIONS_PAGE, PHRASES_PAGE)
PEOPLE = (TEAMS_PAGE, UNITS_PAGE)
REGISTERS = {one.slug: one for one in (*PLACES, *WORDS, *PEOPLE)}

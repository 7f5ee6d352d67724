"""What is taken out of here opens in a table program: no cell of it is a formula there, whatever its width."""

import csv
import io

import pytest
from flask import Flask

from fieldapp.audit import taking_out
from fieldapp.sheets import views as sheets

BEGINS = ["=", "+", "-", "@", "＝", "＋", "－", "＠"]  # table programs take the wide ones for the narrow


@pytest.fixture
def db_url(sqlite_url: str) -> str:
    return sqlite_url


def test_no_cell_begins_a_formula(app: Flask) -> None:
    cells = [f"{sign}HYPERLINK(1)" for sign in BEGINS]
    with app.test_request_context():
        names = sheets._csv([(cell, "max", "Once-1234-x") for cell in cells])
    tables = taking_out._line(*cells), "\n".join(line for line in names.splitlines()[1:])
    for table in tables:
        found = [cell for row in csv.reader(io.StringIO(table)) for cell in row if "HYPERLINK" in cell]
        assert found == [f"'{cell}" for cell in cells]

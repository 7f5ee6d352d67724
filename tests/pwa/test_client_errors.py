"""What breaks on a phone is told in one line of the log, and cannot flood it."""

import logging
from datetime import timedelta

import pytest
from flask import Flask

from fieldapp.core import clock
from fieldapp.pwa.actions import IN_ALL, PER_ADDRESS, Allowance
from tests.cast import NOON

URL = "/api/v1/client-errors"


def test_an_error_of_a_phone_stands_in_the_log(app: Flask, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, "fieldapp.phone"):
        answer = app.test_client().post(
            URL, json={"message": "x is not a function", "stack": "at a\nat b", "page": "/capture"}
        )
    assert answer.status_code == 202
    (line,) = [record for record in caplog.records if record.name == "fieldapp.phone"]
    assert line.getMessage() == "phone: x is not a function"
    assert "\n" not in line.__dict__["phone"]["stack"]


@pytest.mark.parametrize("body", [b"", b"[]", b"<html>", b'"x"', b"\xff\xfe"])
def test_what_is_no_report_is_refused(app: Flask, body: bytes) -> None:
    assert app.test_client().post(URL, data=body).status_code == 400


def test_a_report_is_bounded(app: Flask) -> None:
    assert app.test_client().post(URL, json={"message": "x" * 9000}).status_code == 413


def test_one_address_cannot_fill_the_log(app: Flask) -> None:
    client = app.test_client()
    statuses = [client.post(URL, json={"message": "x"}).status_code for _ in range(PER_ADDRESS + 1)]
    assert statuses == [202] * PER_ADDRESS + [429]


def test_an_hour_later_reports_are_taken_again() -> None:
    allowance = Allowance()
    with clock.frozen(NOON):
        assert [allowance.take("a") for _ in range(PER_ADDRESS + 1)][-1] is False
        assert allowance.take("b")
        clock.advance(timedelta(hours=1, seconds=1))
        assert allowance.take("a")


def test_many_addresses_together_have_a_limit_too() -> None:
    allowance = Allowance()
    with clock.frozen(NOON):
        assert [allowance.take(str(n)) for n in range(IN_ALL + 1)].count(True) == IN_ALL

"""Noon on a Friday, and ways to sign in as a person does."""

from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from fieldapp.core import clock
from tests.cast import NOON, PASSWORD, Cast

SignIn = Callable[..., TestResponse]


@pytest.fixture(autouse=True)
def noon() -> Iterator[None]:
    with clock.frozen(NOON):
        yield


@pytest.fixture
def browser(app: Flask, cast: Cast) -> Callable[..., FlaskClient]:
    """A browser that nobody has signed in on, at an address of its own."""

    def make(address: str = "10.1.1.1") -> FlaskClient:
        client = app.test_client()
        client.environ_base["HTTP_SEC_FETCH_SITE"] = "same-origin"
        client.environ_base["REMOTE_ADDR"] = address
        return client

    return make


def sign_in(client: FlaskClient, name: str, password: str = PASSWORD, **more: str) -> TestResponse:
    """Fill in the form and send it."""
    return client.post("/login", data={"username": name, "password": password, **more})


def inside(client: FlaskClient) -> bool:
    """Whether this browser's session opens a page."""
    return client.get("/settings").status_code == 200

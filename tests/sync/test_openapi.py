"""The published description is true: hundreds of requests made from it get an answer that it describes, never a 500."""

from typing import Any

import pytest
import schemathesis
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from fieldapp.sync.openapi import document

OPERATIONS = [(path, method) for path, verbs in document()["paths"].items() for method in verbs]
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]


def cookie(client: FlaskClient) -> str:
    found = client.get_cookie("fieldapp")
    assert found is not None
    return f"fieldapp={found.value}"


def test_anyone_may_read_the_description_and_it_holds_no_data(app: Flask) -> None:
    described = app.test_client().get("/api/v1/openapi.json").json
    assert described["openapi"].startswith("3.1")
    assert {"VisitRecord", "SentVisit", "PhotoClaim", "Receipt"} <= set(described["components"]["schemas"])


@pytest.mark.parametrize("backend", ["sqlite"])
@pytest.mark.parametrize(("path", "method"), OPERATIONS)
def test_requests_made_from_the_description_are_answered_as_described(
    app: Flask, client_of: Any, db_url: str, backend: str, path: str, method: str
) -> None:
    if not db_url.startswith(backend):
        return
    schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", app)
    operation = schema[path][method.upper()]
    headers = {"Cookie": cookie(client_of("ana")), "Sec-Fetch-Site": "same-origin"}

    @given(data=st.data())
    @settings(
        max_examples=25, deadline=None, derandomize=True, database=None, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    def hold(data: st.DataObject) -> None:
        case = data.draw(operation.as_strategy())
        case.call_and_validate(headers=headers, checks=CHECKS)

    hold()

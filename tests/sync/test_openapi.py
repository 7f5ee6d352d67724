"""The published description is true: hundreds of requests made from it get an answer that it describes, never a 500."""

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from fieldapp.sync.openapi import document

OPERATIONS = [(path, method) for path, verbs in document()["paths"].items() for method in verbs]


def cookie(client: FlaskClient) -> str:
    found = client.get_cookie("fieldapp")
    assert found is not None
    return f"fieldapp={found.value}"


def test_anyone_may_read_the_description_and_it_holds_no_data(app: Flask) -> None:
    described = app.test_client().get("/api/v1/openapi.json").json
    assert described["openapi"].startswith("3.1")
    assert {"VisitRecord", "SentVisit", "PhotoClaim", "Receipt"} <= set(described["components"]["schemas"])


@pytest.mark.parametrize("db_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(("path", "method"), OPERATIONS)
def test_requests_made_from_the_description_are_answered_as_described(
    app: Flask, client_of: Any, path: str, method: str
) -> None:
    # Not at the collection: it takes every process of every part a second.
    import schemathesis
    from schemathesis.checks import not_a_server_error
    from schemathesis.specs.openapi import checks

    every = [not_a_server_error, checks.status_code_conformance, checks.content_type_conformance,
             checks.response_schema_conformance]  # fmt: skip
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
        case.call_and_validate(headers=headers, checks=every)

    hold()

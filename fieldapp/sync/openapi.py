"""The published description of the phone's door, made from the models that read and answer it."""

from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

import fieldapp
from fieldapp.sync.briefs import Shelf
from fieldapp.sync.devices import Contact
from fieldapp.sync.history import History
from fieldapp.sync.payloads import FollowUpRecord, IssueEventRecord, Receipt, SupplementRecord, VisitRecord

Json = dict[str, Any]
SENT: tuple[type[BaseModel], ...] = (VisitRecord, SupplementRecord, IssueEventRecord, FollowUpRecord, Contact, History)
REF = "#/components/schemas/{model}"
UUID = {"type": "string", "format": "uuid"}


class Problem(BaseModel):
    """What went wrong: `code` for programs, `title` for people."""

    code: str
    title: str
    request_id: str
    detail: str | None = None


def document() -> Json:
    """The OpenAPI 3.1 document. Bodies of records are described as sent; what is otherwise parseable is taken too."""
    read = models_json_schema([(model, "validation") for model in SENT], ref_template=REF)[1]["$defs"]
    told: tuple[type[BaseModel], ...] = (Receipt, Problem, Shelf)
    answered = models_json_schema([(model, "serialization") for model in told], ref_template=REF)[1]["$defs"]
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "fieldapp sync", "version": fieldapp.__version__,
            "description": "docs/sync-protocol.md is the specification; this is the shape of its messages.",
        },
        "paths": _paths(),
        "components": {
            "schemas": {**read, **answered},
            "securitySchemes": {"session": {"type": "apiKey", "in": "cookie", "name": "fieldapp"}},
        },
        "security": [{"session": []}],
    }  # fmt: skip


def _ref(model: str) -> Json:
    return {"$ref": REF.format(model=model)}


def _json(schema: Json, say: str) -> Json:
    return {"description": say, "content": {"application/json": {"schema": schema}}}


def _problems(*statuses: int) -> Json:
    body = {"application/problem+json": {"schema": _ref("Problem")}}
    return {str(status): {"description": "a problem", "content": body} for status in (401, *statuses)}


def _body(schema: Json) -> Json:
    return {"required": True, "content": {"application/json": {"schema": schema}}}


def _in_path(name: str) -> Json:
    return {"name": name, "in": "path", "required": True, "schema": UUID}


def _query(name: str) -> Json:
    return {"name": name, "in": "query", "required": False, "schema": {"type": "string"}}


def _record(*models: str) -> Json:
    """The door of one record: what is authenticated and parseable is taken; the receipt says what became of it."""
    said = [_ref(model) for model in models]
    receipts = {
        "201": _json(_ref("Receipt"), "these bytes came for the first time"),
        "200": _json(_ref("Receipt"), "these bytes are here already"),
        "202": _json(_ref("Receipt"), "stored; not placed yet"),
        "409": _json(_ref("Receipt"), "a variant: stored, the office will choose"),
    }
    put = {
        "parameters": [_in_path("id")],
        "requestBody": _body(said[0] if len(said) == 1 else {"anyOf": said}),
        "responses": {**receipts, **_problems(400, 403, 404, 408, 413, 503)},
    }
    return {"put": put}


def _paths() -> Json:
    object_answer = _json({"type": "object"}, "an object")
    reference = {
        "parameters": [_query("since"), _query("part")],
        "responses": {"200": _json(_carried(), "rows and pages; the last answer has the cursor"), **_problems()},
    }
    return {
        "/api/v1/visits/{id}": _record("VisitRecord"),
        "/api/v1/events/{id}": _record("SupplementRecord", "IssueEventRecord", "FollowUpRecord"),
        "/api/v1/records/{id}": {
            "get": {
                "parameters": [_in_path("id"), _query("sha256")],
                "responses": {"200": _json(_ref("Receipt"), "the receipt again"), **_problems(404)},
            }
        },
        "/api/v1/me": {"get": {"responses": {"200": object_answer, **_problems()}}},
        "/api/v1/reference": {"get": reference},
        "/api/v1/devices/{id}": _told("Contact"),
        "/api/v1/devices/{id}/history": _told("History"),
    }


def _carried() -> Json:
    """An answer of reference data: tables of rows, of which `briefs` are the pages that open without a network."""
    rows: Json = {"type": "array", "items": {"type": "object"}}
    changes = {
        "type": "object", "additionalProperties": rows,
        "properties": {"briefs": {"type": "array", "items": _ref("Shelf")}},
    }  # fmt: skip
    gone = {"type": "object", "additionalProperties": {"type": "array", "items": {"type": "string"}}}
    text = {"type": "string"}
    return {
        "type": "object",
        "properties": {"server_epoch": text, "changes": changes, "removed": gone, "next": text, "cursor": text},
        "required": ["server_epoch"],
    }


def _told(model: str) -> Json:
    responses = {"200": _json({"type": "object"}, "an object"), **_problems(400, 404, 413)}
    return {"post": {"parameters": [_in_path("id")], "requestBody": _body(_ref(model)), "responses": responses}}

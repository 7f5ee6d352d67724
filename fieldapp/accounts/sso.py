"""Single sign-on by OpenID Connect: where people are sent, and who it is that comes back.

Authlib keeps state, nonce and the PKCE verifier in this browser's signed session and checks what comes back against
them; the id_token's signature against the issuer's keys. What is added here: only asymmetric signatures, the issuer and
the audience must be the very ones that are set, and an issuer that is away is an answer of its own.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, cast

import requests
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.flask_client import OAuth
from flask import Flask, Response, current_app, request
from flask import session as cookie
from joserfc.errors import JoseError

from fieldapp.core.web import settings

NAME, STATES = "sso", "_state_sso_"
SIGNATURES = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519")
SECONDS = 10  # that the issuer may take for one answer
BROKEN = (AuthlibBaseError, JoseError, RuntimeError, ValueError, KeyError, TypeError, OverflowError)


class Away(Exception):
    """The issuer does not answer."""


class Refused(Exception):
    """What came back proves nothing."""


@dataclass(frozen=True)
class Known:
    """Who the issuer says this is."""

    account: str  # the value of the claim that is set
    subject: str
    several_factors: bool
    authenticated_at: datetime | None


def is_on() -> bool:
    return bool(settings().oidc_issuer)


def _issuer() -> str:
    return settings().oidc_issuer.rstrip("/")


def _client() -> Any:
    """Authlib's client of this application; made when the first person needs it."""
    app = cast(Flask, current_app._get_current_object())  # type: ignore[attr-defined]  # a proxy typed as what it stands for
    if "sso" not in app.extensions:
        oauth = OAuth(app)
        app.extensions["sso"] = oauth.register(
            NAME, client_id=settings().oidc_client_id, client_secret=settings().oidc_client_secret or None,
            server_metadata_url=f"{_issuer()}/.well-known/openid-configuration",
            client_kwargs={
                "scope": "openid profile email", "code_challenge_method": "S256", "default_timeout": SECONDS,
                "token_endpoint_auth_method": "client_secret_basic" if settings().oidc_client_secret else "none",
            },
        )  # fmt: skip
    client = app.extensions["sso"]
    told = client.load_server_metadata()
    if str(told.get("issuer", "")).rstrip("/") != _issuer():
        raise Refused("issuer")
    offered = [name for name in told.get("id_token_signing_alg_values_supported", []) if name in SIGNATURES]
    told["id_token_signing_alg_values_supported"] = offered or ["RS256"]
    return client


def back_address() -> str:
    return (settings().origin.rstrip("/") or f"{request.scheme}://{request.host}") + "/login/sso/back"


def leave(*, again: bool) -> Response:
    """Send this browser to the issuer; `again`: also somebody who is known there shows who they are anew."""
    for key in [key for key in cookie if key.startswith(STATES)]:
        cookie.pop(key)  # one at a time: an attempt that was left lying would fill the cookie
    more = {"prompt": "login", "max_age": "0"} if again else {}
    try:
        return cast(Response, _client().authorize_redirect(back_address(), **more))
    except requests.RequestException as error:
        raise Away from error
    except BROKEN as error:
        raise Refused("start") from error


def come_back() -> Known:
    """Who it is. Raises Refused, Away."""
    try:
        client = _client()
        issuer = client.server_metadata["issuer"]
        ours = {"essential": True, "values": [settings().oidc_client_id]}
        token = client.authorize_access_token(
            claims_options={"iss": {"essential": True, "values": [issuer]}, "aud": ours}
        )
        said = token.get("userinfo")
        if not said:
            raise Refused("id_token")
        return _known(said)
    except requests.RequestException as error:
        raise Away from error
    except BROKEN as error:
        raise Refused(type(error).__name__) from error


def _known(said: dict[str, Any]) -> Known:
    claim = settings().oidc_claim
    value = said.get(claim)
    if not isinstance(value, str) or not value.strip() or not value.strip().isprintable():
        raise Refused("claim")
    if claim == "email" and said.get("email_verified") not in (True, "true"):
        raise Refused("email")  # what says nothing of it may be whatever somebody typed there
    at, ways = said.get("auth_time"), said.get("amr")
    return Known(
        account=value.strip(), subject=str(said["sub"]), several_factors=isinstance(ways, list) and "mfa" in ways,
        authenticated_at=datetime.fromtimestamp(at, tz=UTC) if isinstance(at, int | float) else None,
    )  # fmt: skip

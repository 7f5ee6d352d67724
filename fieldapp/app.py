"""The application, as a table of contents."""

from typing import Any, cast

from flask import Flask
from flask.json.provider import DefaultJSONProvider
from htmx_flask import Htmx
from werkzeug.middleware.proxy_fix import ProxyFix

import fieldapp
from fieldapp.accounts import device_views as accounts_devices
from fieldapp.accounts import entering
from fieldapp.accounts import factor_views as factors
from fieldapp.accounts import passkey_views as passkeys
from fieldapp.accounts import password_views as passwords
from fieldapp.accounts import queries as accounts_queries
from fieldapp.accounts import second_step_views as second_step
from fieldapp.accounts import sso_views as sso
from fieldapp.accounts import views as accounts
from fieldapp.admin.people import factor_views as people_factors
from fieldapp.admin.people import membership_views as memberships
from fieldapp.admin.people import user_views as people
from fieldapp.admin.registers import handover_views as handover
from fieldapp.admin.registers import tile_views as tiles
from fieldapp.admin.registers import views as registers
from fieldapp.audit import views as audit
from fieldapp.compliance import feedback_views as feedback
from fieldapp.compliance import views as compliance
from fieldapp.core import (
    admission,
    assets,
    compress,
    demo,
    errors,
    health,
    i18n,
    jobs,
    limits,
    login,
    logs,
    metrics,
    origin,
    reauth,
    reports,
    web,
)  # fmt: skip
from fieldapp.core.db import Database
from fieldapp.core.files import Files
from fieldapp.core.secret import secret_key
from fieldapp.feed import enterprise_views as enterprise
from fieldapp.feed import follow_up_views as follow_up
from fieldapp.feed import joint_views as joint
from fieldapp.feed import link_views as links
from fieldapp.feed import new_visit_views as new_visit
from fieldapp.feed import search_views as search
from fieldapp.feed import site_views as site
from fieldapp.feed import supplement_views as supplements
from fieldapp.feed import unfiled_views as unfiled
from fieldapp.feed import views as feed
from fieldapp.feed import visit_views as visit
from fieldapp.feed import watermark_views as watermark
from fieldapp.issues import views as issues
from fieldapp.keeping import metrics_views
from fieldapp.keeping import views as keeping
from fieldapp.photos import views as photos
from fieldapp.pwa import views as pwa
from fieldapp.settings import LOOPBACK, BadSetting, Settings
from fieldapp.sheets import views as sheets
from fieldapp.sync import device_views as devices
from fieldapp.sync import import_views as imports
from fieldapp.sync import raw_views as raw
from fieldapp.sync import review_views as review
from fieldapp.sync import upload_views as uploads
from fieldapp.sync import views as sync
from fieldapp.visitmap import views as visitmap

FEATURES: tuple[Any, ...] = (
    health, metrics_views, accounts, passwords, accounts_devices, factors, second_step, passkeys, sso, compliance,
    feedback, issues, feed, follow_up, visit, supplements, enterprise, unfiled, search, new_visit, joint, site, photos,
    watermark, pwa, links, keeping, visitmap, devices, sync, uploads, imports, review, raw, audit, sheets, registers,
    handover, tiles, people, people_factors, memberships,
)  # fmt: skip
MAX_BODY_BYTES = 4 * 1024 * 1024  # a route that takes more says so: nobody fills the disk through a login form


def create_app(settings: Settings) -> Flask:
    """The web application for these settings. Opens no connection and writes nothing but the secret key."""
    app = Flask(__name__, static_folder=None)
    _configure(app, settings)
    database = Database(settings.database, pool_size=settings.threads)
    compress.init_app(app)
    web.init_app(app, web.Surroundings(settings, database, Files(settings.files)))
    logs.init_app(app)
    origin.init_app(app)
    login.init_app(app, entering.load_person, entering.note_use)
    admission.init_app(app)
    reauth.init_app(app, accounts.prove, accounts.other_proof)
    errors.init_app(app)
    i18n.init_app(app)
    assets.init_app(app)
    limits.init_app(app)
    metrics.init_app(app)
    demo.init_app(app, accounts_queries.demo_user)
    Htmx(app)
    for feature in FEATURES:
        app.register_blueprint(feature.bp)
    jobs.connect(settings)
    reports.configure(settings)
    return app


def _configure(app: Flask, settings: Settings) -> None:
    app.config.update(
        SECRET_KEY=secret_key(settings),
        SESSION_COOKIE_NAME="__Host-fieldapp" if settings.secure else "fieldapp",
        SESSION_COOKIE_SECURE=settings.secure,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",  # Strict looks signed out when opened from WeChat or a mail
        SESSION_REFRESH_EACH_REQUEST=False,
        PERMANENT_SESSION_LIFETIME=settings.session_phone * 86400,
        MAX_CONTENT_LENGTH=MAX_BODY_BYTES,
        MAX_FORM_MEMORY_SIZE=2_000_000,
        MAX_FORM_PARTS=500,
        WTF_CSRF_ENABLED=False,  # the guard of core.origin does it; Flask-WTF is for forms
        CSP=origin.policy([]),
        VERSION=fieldapp.__version__,
        BABEL_TRANSLATION_DIRECTORIES="translations",
    )
    cast(DefaultJSONProvider, app.json).ensure_ascii = False
    if settings.trusted_proxies:
        n = settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=n, x_proto=n, x_host=n)  # type: ignore[method-assign]  # as Flask wants it


def check_start(settings: Settings, database: Database, host: str) -> None:
    """Refuse to serve what would be unsafe. Raises BadSetting."""
    if host not in LOOPBACK and not settings.origin:
        raise BadSetting(f"FIELDAPP_ORIGIN must be set to serve on {host}: it decides what is same-origin and secure")
    with database.reading() as session:
        if not settings.local and accounts_queries.demo_user(session):
            raise BadSetting("FIELDAPP_ORIGIN is not local, but demo accounts exist, whose password is public")

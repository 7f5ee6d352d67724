"""The installed command `fieldapp`."""

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from sqlalchemy.exc import OperationalError

from fieldapp.accounts import terminal as accounts
from fieldapp.core import migrate
from fieldapp.core.db import Database
from fieldapp.core.secret import secret_key
from fieldapp.core.terminal import Failed
from fieldapp.settings import BadSetting, Settings, read_settings
from fieldapp.sheets.columns import SHEETS
from fieldapp.upkeep.place import Trouble, under_way

Run = Callable[[argparse.Namespace, Settings], int | None]


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; 0 when it went well, 1 when it found something, 2 for input that cannot be used."""
    arguments = _parser().parse_args(argv)
    run: Run = arguments.run
    try:
        return run(arguments, read_settings()) or 0
    except (BadSetting, Failed, Trouble) as error:
        print(f"fieldapp: {error}", file=sys.stderr)
        return 2
    except OperationalError as error:  # whoever set its address wants to read what it said, not where we asked
        said = str(error.orig).strip().splitlines() or [type(error).__name__]
        print(f"fieldapp: the database cannot be used: {said[0]}", file=sys.stderr)
        return 2


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="fieldapp", description="Visit log of a development zone's officers.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def command(name: str, run: Run, say: str) -> argparse.ArgumentParser:
        made = commands.add_parser(name, help=say, description=say)
        made.set_defaults(run=run)
        return made

    command("init", init, "make the data folder, the database and the keys; bring the schema up to date")
    serve_parser = command("serve", serve, "serve the web pages and run the jobs")
    serve_parser.add_argument("--host", default="127.0.0.1")
    serve_parser.add_argument("--port", type=int, default=8000)
    serve_parser.add_argument("--workers", type=int, help="web processes (FIELDAPP_WORKERS)")
    command("worker", worker, "run the jobs only")
    command("demo", demo, "fill an empty database with the invented zone 滨海示范区")
    synth_parser = command("synth", synth, "fill an empty database with a synthetic zone of any size, for measuring")
    for option, default in (("--projects", 200), ("--visits", 10_000), ("--seed", 1)):
        synth_parser.add_argument(option, type=int, default=default)
    _upkeep_commands(command)
    export_parser = command("export", export, "write all that this server holds into a folder, as plain files")
    export_parser.add_argument("folder", type=Path, help="a new or empty folder")
    _import_command(command)
    command("compliance", compliance, "print what the rule restricts, and since when each switch stands as it does")
    user_parser = command("user", lambda arguments, settings: None, "add, list, disable accounts; set a password")
    accounts.commands(user_parser.add_subparsers(required=True, metavar="ACT"), _on_database)
    return parser


def _upkeep_commands(command: Callable[[str, Run, str], argparse.ArgumentParser]) -> None:
    backup_parser = command("backup", backup, "back up database, files and keys into a folder, while the server runs")
    backup_parser.add_argument(
        "folder", type=Path, help="a folder of its own; files that are there are not copied again"
    )
    backup_parser.add_argument("--keep", type=_at_least_one, metavar="N", help="leave only the newest N backups")
    restore_parser = command("restore", restore, "restore a backup into the empty place that the settings name")
    restore_parser.add_argument("folder", type=Path, help="a folder of backups (its newest is taken), or one of them")
    restore_parser.add_argument(
        "--despite-damage", action="store_true", help="go on without files that the backup does not have as they were"
    )
    restore_parser.add_argument(
        "--sign-out-everyone", action="store_true", help="end every session; people sign in again before phones heal"
    )
    doctor_parser = command("doctor", doctor, "look for what is wrong; 0: nothing, 1: something, with what to do")
    doctor_parser.add_argument("--deep", action="store_true", help="read every photo and compare its hash")
    doctor_parser.add_argument("--json", action="store_true", help="one JSON object")
    command("reindex", reindex, "make the index of the search anew, while the server runs")


def _import_command(command: Callable[[str, Run, str], argparse.ArgumentParser]) -> None:
    say = "bring a workbook into the registers: whole, or not at all"
    bring = command("import", bring_in, say)
    bring.add_argument("what", choices=("all", *(sheet.name for sheet in SHEETS)), help="which of its sheets")
    bring.add_argument("file", type=Path, metavar="FILE.xlsx")
    bring.add_argument("--dry-run", action="store_true", help="only say what each line comes to")
    bring.add_argument("--skip-bad", action="store_true", help="bring in the good lines though others are bad")


def _at_least_one(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"should be 1 or more, not {text}")
    return int(text)


def _database(settings: Settings) -> Database:
    return Database(settings.database, pool_size=settings.threads)


def _whole(settings: Settings) -> None:
    if under_way(settings):
        raise Failed("a restore was broken off here: what is in the data folder is not whole. Restore again")


def _ready(settings: Settings) -> Database:
    _whole(settings)
    database = _database(settings)
    if migrate.pending(database):
        raise Failed("the database is not of this version yet: run `fieldapp init` first")
    return database


def _on_database(run: accounts.OnDatabase) -> Run:
    return lambda arguments, settings: run(arguments, settings, _ready(settings))


def init(arguments: argparse.Namespace, settings: Settings) -> None:
    _whole(settings)
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    settings.parts_dir.mkdir(parents=True, exist_ok=True)
    secret_key(settings)
    database = _database(settings)
    migrate.upgrade(database)
    database.close()


def serve(arguments: argparse.Namespace, settings: Settings) -> None:
    from fieldapp.serve import run

    database = _ready(settings)
    run(settings, database, arguments.host, arguments.port, arguments.workers or settings.workers)


def worker(arguments: argparse.Namespace, settings: Settings) -> None:
    from fieldapp.serve import run_worker

    _ready(settings).close()
    run_worker(settings)


def demo(arguments: argparse.Namespace, settings: Settings) -> None:
    from fieldapp.demo.load import NotEmpty, load

    database = _ready(settings)
    try:
        print(load(settings, database))
    except NotEmpty as error:
        raise Failed("this database holds something else already; the demo zone goes into an empty one") from error


def synth(arguments: argparse.Namespace, settings: Settings) -> None:
    from fieldapp.demo.load import NotEmpty
    from fieldapp.demo.synth import synthesize

    if arguments.projects < 1 or arguments.visits < 0:
        raise Failed("a synthetic zone has one project or more")
    database, wanted = _ready(settings), vars(arguments)
    try:
        print(synthesize(settings, database, **{name: wanted[name] for name in ("projects", "visits", "seed")}))
    except NotEmpty as error:
        raise Failed("this database holds something else already; a synthetic zone goes into an empty one") from error


def reindex(arguments: argparse.Namespace, settings: Settings) -> None:
    from fieldapp.feed import search_actions

    print(f"{search_actions.rebuild(_ready(settings))} visits and issues can be found")


def backup(arguments: argparse.Namespace, settings: Settings) -> int:
    from fieldapp.core.files import Files
    from fieldapp.upkeep import backup, said

    _whole(settings)
    done = backup.backup(settings, Files(settings.files), arguments.folder, arguments.keep)
    print(said.of_backup(done, arguments.folder))
    return 0 if done.whole else 1


def restore(arguments: argparse.Namespace, settings: Settings) -> None:
    from fieldapp.upkeep import restore, said

    done = restore.restore(
        settings,
        arguments.folder,
        despite_damage=arguments.despite_damage,
        sign_out_everyone=arguments.sign_out_everyone,
    )
    print(said.of_restore(done))


def doctor(arguments: argparse.Namespace, settings: Settings) -> int:
    from fieldapp.upkeep import doctor, said

    found = doctor.examine(settings, deep=arguments.deep)
    print(said.as_json(found) if arguments.json else said.of_doctor(found))
    return 1 if found.findings else 0


def export(arguments: argparse.Namespace, settings: Settings) -> int:
    from fieldapp.core.files import Files
    from fieldapp.keeping import everything

    try:
        done = everything.export(_ready(settings), Files(settings.files), arguments.folder)
    except everything.NotEmpty as error:
        raise Failed(f"{arguments.folder} holds something already; an export goes into an empty folder") from error
    except OSError as error:
        raise Failed(f"{arguments.folder}: {error.strerror or error}") from error
    print(everything.said(done, arguments.folder))
    return 1 if done.missing else 0


def compliance(arguments: argparse.Namespace, settings: Settings) -> int:
    """1 where a restricted switch is on."""
    from fieldapp.compliance import said, switches

    standing = switches.note(_ready(settings), settings)
    print(said.of_compliance(standing, settings))
    return 1 if any(one.on for one in standing) else 0


def bring_in(arguments: argparse.Namespace, settings: Settings) -> int:
    """1 where a line is bad, whether the others were brought in or not."""
    from fieldapp.sheets import terminal, words
    from fieldapp.sheets.reading import Unreadable

    only = None if arguments.what == "all" else arguments.what
    try:
        return terminal.bring_in(
            _ready(settings), settings, arguments.file, only=only, dry=arguments.dry_run, skip_bad=arguments.skip_bad
        )
    except Unreadable as error:
        raise Failed(words.problem(error.code, error.said)) from error
    except OSError as error:
        raise Failed(f"{arguments.file}: {error.strerror or error}") from error


if __name__ == "__main__":
    sys.exit(main())

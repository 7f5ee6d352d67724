"""Serving: gunicorn with threads, and beside it the process that runs the jobs."""

import ctypes
import logging
import os
import signal
import subprocess
import sys
from contextlib import suppress
from typing import Any

from gunicorn.app.base import BaseApplication

from fieldapp.accounts.actions import setup_code
from fieldapp.accounts.queries import any_user
from fieldapp.app import check_start, create_app
from fieldapp.core import jobs, logs
from fieldapp.core.db import Database
from fieldapp.core.files import Files
from fieldapp.settings import Settings

log = logging.getLogger("fieldapp.serve")
PR_SET_PDEATHSIG = 1
QUIET_UNTIL_STOPPED = 30  # seconds that running requests get when the server is told to stop


def _end_with_parent() -> None:
    """Have the kernel stop the worker when the server is killed outright (Linux; elsewhere it is merely left over)."""
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


class Server(BaseApplication):  # type: ignore[misc]
    def __init__(self, settings: Settings, options: dict[str, Any]) -> None:
        self.settings, self.options = settings, options
        super().__init__()

    def load_config(self) -> None:
        for name, value in self.options.items():
            self.cfg.set(name, value)

    def load(self) -> Any:
        return create_app(self.settings)


def run(settings: Settings, database: Database, host: str, port: int, workers: int) -> None:
    """Serve until told to stop. Raises BadSetting for what would be unsafe to serve."""
    logs.configure(settings.log_level)
    check_start(settings, database, host)
    _tell_setup_code(settings, database)
    database.close()
    worker = subprocess.Popen([sys.executable, "-m", "fieldapp", "worker"], preexec_fn=_end_with_parent)  # noqa: PLW1509
    options = {
        "bind": f"{host}:{port}",
        "workers": workers,
        "worker_class": "gthread",
        "threads": settings.threads,
        "timeout": 60,
        "graceful_timeout": QUIET_UNTIL_STOPPED,
        "keepalive": 30,
        "worker_tmp_dir": "/dev/shm" if os.path.isdir("/dev/shm") else None,  # heartbeat files must not wait for a disk
        "loglevel": "warning",
        "control_socket_disable": True,
    }
    try:
        Server(settings, options).run()
    finally:
        worker.send_signal(signal.SIGTERM)


def run_worker(settings: Settings) -> None:
    """Run the jobs until told to stop."""
    logs.configure(settings.log_level)
    jobs.run_consumer(jobs.Context(settings, Database(settings.database), Files(settings.files)))


def _tell_setup_code(settings: Settings, database: Database) -> None:
    with database.reading() as session:
        if not any_user(session):
            print(f"No account yet. Open /setup and enter this code: {setup_code(settings.data_dir)}", flush=True)

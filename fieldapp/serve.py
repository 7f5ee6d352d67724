"""Serving: gunicorn with threads, and beside it the process that runs the jobs."""

import ctypes
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from gunicorn.app.base import BaseApplication
from gunicorn.arbiter import Arbiter

from fieldapp.accounts.actions import setup_code
from fieldapp.accounts.queries import any_user
from fieldapp.app import check_start, create_app
from fieldapp.audit import jobs as audit_jobs
from fieldapp.compliance import switches
from fieldapp.connections import Worker
from fieldapp.core import assets, jobs, logs, metrics, reports
from fieldapp.core.db import Database
from fieldapp.core.files import Files
from fieldapp.feed import jobs as search_jobs
from fieldapp.keeping import jobs as keeping_jobs
from fieldapp.photos import jobs as photo_jobs
from fieldapp.projects import jobs as project_jobs
from fieldapp.settings import Settings
from fieldapp.sheets import jobs as sheet_jobs
from fieldapp.sync import jobs as record_jobs
from fieldapp.sync import upload_jobs

# Each has told core.jobs what it does by being imported.
JOBS = (
    audit_jobs,
    keeping_jobs,
    photo_jobs,
    project_jobs,
    record_jobs,
    search_jobs,
    sheet_jobs,
    upload_jobs,
)
PR_SET_PDEATHSIG = 1
QUIET_UNTIL_STOPPED = 30  # seconds that running requests get when the server is told to stop
JOBS_STOP_WITHIN = 10
JOBS_PAUSE = 5.0  # seconds between two starts of a job process that does not stay up
MEMORY = Path("/dev/shm")  # noqa: S108  heartbeat files must not wait for a disk


def _end_with_parent(how: signal.Signals = signal.SIGTERM) -> None:
    """Have the kernel stop this process when its parent is killed outright (Linux; elsewhere it is left over)."""
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, how)


class JobProcess:
    """`fieldapp worker`, started again should it end."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._started = -JOBS_PAUSE

    def keep(self) -> None:
        running = self._process is not None and self._process.poll() is None
        if running or time.monotonic() - self._started < JOBS_PAUSE:
            return
        self._started = time.monotonic()
        self._process = subprocess.Popen([sys.executable, "-m", "fieldapp", "worker"], preexec_fn=_end_with_parent)

    def tell(self) -> None:
        """Ask it to stop."""
        if self._process is not None:
            self._process.terminate()

    def stop(self) -> None:
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(JOBS_STOP_WITHIN)
        except subprocess.TimeoutExpired:
            self._process.kill()


class Watch(Arbiter):  # type: ignore[misc]  # gunicorn has no types
    """Gunicorn's master, which looks after the job process as well: about once a second."""

    jobs: JobProcess

    def manage_workers(self) -> None:
        super().manage_workers()
        self.jobs.keep()

    def stop(self, graceful: bool = True) -> None:
        self.jobs.tell()  # so that both end at the same time
        super().stop(graceful)


class Server(BaseApplication):  # type: ignore[misc]  # gunicorn has no types
    def __init__(self, settings: Settings, options: dict[str, Any]) -> None:
        self.settings, self.options = settings, options
        super().__init__()

    def load_config(self) -> None:
        for name, value in self.options.items():
            self.cfg.set(name, value)

    def load(self) -> Any:
        return create_app(self.settings)


def _begin_process(_server: Any, worker: Any) -> None:
    _end_with_parent(signal.SIGKILL)
    metrics.begin(worker.age)


def options(settings: Settings, host: str, port: int, workers: int) -> dict[str, Any]:
    """What gunicorn is told."""
    return {
        "bind": f"{f'[{host}]' if ':' in host else host}:{port}",
        "workers": workers,
        "worker_class": Worker,
        "threads": settings.threads,
        "timeout": 60,
        "graceful_timeout": QUIET_UNTIL_STOPPED,
        "keepalive": 30,
        "worker_tmp_dir": str(MEMORY) if os.access(MEMORY, os.W_OK) else None,
        "loglevel": "warning",
        "control_socket_disable": True,
        "post_fork": _begin_process,
    }


def run(settings: Settings, database: Database, host: str, port: int, workers: int) -> None:
    """Serve until told to stop. Raises BadSetting for what would be unsafe to serve."""
    logs.configure(settings.log_level)
    check_start(settings, database, host)
    switches.note(database, settings)
    _tell_setup_code(settings, database)
    assets.past(settings.data_dir).keep(assets.Assets())
    database.close()
    master, job_process = os.getpid(), JobProcess()
    watch = Watch(Server(settings, options(settings, host, port, workers)))
    watch.jobs = job_process
    try:
        watch.run()
    finally:
        if os.getpid() == master:  # gunicorn's children unwind through here as well
            job_process.stop()


def run_worker(settings: Settings) -> None:
    """Run the jobs until told to stop."""
    logs.configure(settings.log_level)
    reports.configure(settings)
    jobs.run_consumer(jobs.Context(settings, Database(settings.database), Files(settings.files)))


def _tell_setup_code(settings: Settings, database: Database) -> None:
    with database.reading() as session:
        if not any_user(session):
            print(f"No account yet. Open /setup and enter this code: {setup_code(settings.data_dir)}", flush=True)

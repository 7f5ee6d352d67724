"""How much CPU one accepted visit costs. Run by hand: python -m tests.sync.measure [how many] [database URL]

Prints milliseconds of this process's CPU for a PUT without photos, through the whole application, and beside it what
the same machine needs for a fixed piece of Python, because a shared machine's clock says little by itself.
"""

import statistics
import sys
import tempfile
import time
from pathlib import Path

from fieldapp.app import create_app
from fieldapp.core import clock, migrate
from fieldapp.settings import Settings
from tests.cast import NOON, settle
from tests.conftest import SECRET, sign_in
from tests.sync.phone import Phone

FIXED = 100_000


def milliseconds(begun: float) -> float:
    return (time.process_time() - begun) * 1000


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 300
    url = sys.argv[2] if len(sys.argv) > 2 else ""
    app = create_app(Settings(data_dir=Path(tempfile.mkdtemp()), database_url=url, secret_key=SECRET))
    database = app.extensions["fieldapp"].db
    migrate.upgrade(database)
    with database.writing() as session:
        cast = settle(session)
    client = app.test_client()
    client.environ_base["HTTP_SEC_FETCH_SITE"] = "same-origin"
    taken, fixed = [], []
    with clock.frozen(NOON):
        sign_in(app, client, database, cast, "ana")
        phone = Phone(cast.ana, client)
        position = {"lat": 37.1005, "lng": 119.9004, "accuracy_m": 8}
        for number in range(count + 20):
            sealed = phone.visit(cast.sail, {"content": "看了主厂房", "progress": "二层", "position": position})
            begun = time.process_time()
            for _ in range(FIXED):
                pass
            fixed.append(milliseconds(begun))
            begun = time.process_time()
            answer = phone.send(sealed)
            if number >= 20:  # caches are warm
                taken.append(milliseconds(begun))
            if answer.status_code != 201:
                raise SystemExit(f"not accepted: {answer.status_code} {answer.get_data(as_text=True)}")
    for name, values in (("accepted visit", taken), (f"{FIXED} turns of an empty loop", fixed)):
        low, half = min(values), statistics.median(values)
        print(f"{name}: CPU ms min {low:.2f}, median {half:.2f}")


if __name__ == "__main__":
    main()

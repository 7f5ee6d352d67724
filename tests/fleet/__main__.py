"""`python -m tests.fleet --visits 10000 --photos 20000 --seed 7 --backend postgres`: it ends with a line of figures."""

import sys

from tests.fleet import ending
from tests.fleet.run import Fleet, Plan
from tests.fleet.server import Server


def main() -> int:
    parser = ending.options(__doc__, seed=7)
    parser.add_argument("--visits", type=int, default=1_000)
    parser.add_argument("--photos", type=int, default=2_000)
    parser.add_argument("--backend", choices=["sqlite", "postgres"], default="sqlite")
    parser.add_argument("--kills", type=int, default=12)
    parser.add_argument("--faults", type=float, default=0.2, help="share of requests that meet one")
    parser.add_argument("--at-once", type=int, default=16)
    parser.add_argument("--minutes", type=float, default=0, help="stop saving after so many; what is saved is sent")
    ending.may_keep(parser)
    asked = parser.parse_args()
    plan = Plan(
        asked.visits, asked.photos, asked.seed, kills=asked.kills, share=asked.faults, at_once=asked.at_once,
        minutes=asked.minutes,
    )  # fmt: skip
    name = f"{asked.backend}-{asked.seed}"
    with ending.folder_of(name, keep=asked.keep) as folder, Server.on(asked.backend, folder) as server:
        result = Fleet(server, plan, ending.saying()).run()
    if result.findings.faults:
        print(result.findings.tell())
    print(result.line(), flush=True)
    return 0 if result.ok else 1


if __name__ == "__main__":
    sys.exit(main())

"""What the design asks for, and whether it is met."""

from typing import Any

CPU_MS = {
    "sqlite": {"0": 4.0, "2x305": 10.0, "2x2000": 30.0},
    "postgres": {"0": 9.0, "2x305": 18.0, "2x2000": 42.0},  # with the database's own
}
PER_SECOND = {"0": 250.0, "2x305": 90.0, "2x2000": 40.0}  # SQLite, eight connections
READ_MS = 50.0


def judge(result: dict[str, Any]) -> list[dict[str, Any]]:
    """Each target beside the figure that was measured."""
    found = []
    for one in result.get("accept", []):
        name = f"accept {one['photos']} on {one['backend']}"
        if one["concurrency"] == 1:
            spent = one["cpu_ms"]["web"] + one["cpu_ms"]["database"]
            found.append(_at_most(f"{name}, CPU ms", CPU_MS[one["backend"]][one["photos"]], spent))
        if one["concurrency"] == 8 and one["backend"] == "sqlite":
            wanted = PER_SECOND[one["photos"]]
            met = one["per_second"] >= wanted
            found.append({"what": f"{name}, a second", "at_least": wanted, "measured": one["per_second"], "met": met})
    reads = result.get("reads", [])
    return found + [_at_most(f"{one['what']} on {one['backend']}, ms", READ_MS, one["ms"]["p50"]) for one in reads]


def _at_most(what: str, most: float, measured: float) -> dict[str, Any]:
    return {"what": what, "at_most": most, "measured": round(measured, 2), "met": measured <= most}

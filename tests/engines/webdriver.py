"""W3C WebDriver over HTTP, the dozen commands that a journey needs; PyPI's selenium says the same with ten packages."""

import http.client
import json
from typing import Any

from tests.engines.marionette import PATIENCE, Refused


class WebDriver:
    """One session with the driver that listens at this port of this machine."""

    def __init__(self, port: int, capabilities: dict[str, Any]) -> None:
        self._port, self._session = port, ""
        opened = self("POST", "/session", capabilities={"alwaysMatch": capabilities})
        self._session = f"/session/{opened['sessionId']}"

    def __call__(self, method: str, path: str, **parameters: Any) -> Any:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=PATIENCE)
        body = json.dumps(parameters) if method == "POST" else None
        try:
            connection.request(method, f"{self._session}{path}", body, {"Content-Type": "application/json"})
            got = connection.getresponse()
            answer = json.loads(got.read())["value"]
        finally:
            connection.close()
        if got.status >= 400:
            raise Refused(answer["error"], answer.get("message", ""))
        return answer

    def script(self, body: str, *args: Any) -> Any:
        """The body of a function run in the page, its policy notwithstanding; a promise is waited for."""
        source = (
            "const args = [...arguments]; const done = args.pop();"
            f"(async function () {{ {body} }})"
            ".apply(null, args)"
            ".then((value) => done({ value: value ?? null }), (error) => done({ error: String(error) }));"
        )
        found = self("POST", "/execute/async", script=source, args=list(args))
        if "error" in found:
            raise Refused("javascript error", found["error"])
        return found["value"]

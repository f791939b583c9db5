"""What sabotages need: a scratch deployment to break, and applications with a planted fault."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from tests.support.cluster import Cluster
from tests.support.deployment import Deployment
from tests.support.inside import InsideSite
from upheld.features.trust.model import Check, CheckResult, Promise, PromiseResult
from upheld.features.trust.promises import PROMISES
from upheld.features.trust.routes import routes_of
from upheld.features.trust.runner import run
from upheld.features.trust.scene import Scene
from upheld.features.trust.site import NotingSite
from upheld.main.erasing import OwnErasures
from upheld.main.web import create_app, create_router
from upheld.platform.vault import KeyRef, Vault

Message = dict[str, Any]
Send = Callable[[Message], Awaitable[None]]


class Unwatched:
    """Watches a run without a word."""

    def begins(self, check: Check) -> None:
        """Hear that a check begins."""

    def ends(self, promise: Promise, result: CheckResult) -> None:
        """Hear that a check has ended."""


@dataclass
class Scratch:
    """A deployment that may be broken, and the scene around it."""

    deployment: Deployment
    scene: Scene

    @classmethod
    def around(cls, deployment: Deployment, cluster: Cluster) -> "Scratch":
        """Set up a scene around a deployment inside this process."""
        scene = Scene(
            platform=deployment.platform,
            site=NotingSite(InsideSite(deployment.app, deployment.settings)),
            routes=routes_of(create_router(deployment.platform)),
            administrator=cluster.administrator,
            database_files=cluster.server.folder,
            erasures=OwnErasures(),
        )
        return cls(deployment, scene)

    async def change(self, *statements: str) -> None:
        """Break the database, as its administrator."""
        for statement in statements:
            await self.put(statement)

    async def put(self, statement: str, *values: object) -> None:
        """Run one statement with values, as the administrator."""
        connection = await self.deployment.administrator()
        try:
            await connection.execute(statement, *values)
        finally:
            await connection.close()

    def serve(self, app: Any) -> None:
        """Let another application answer."""
        self.scene.site = NotingSite(InsideSite(app, self.deployment.settings))

    def serve_with(self, **services: Any) -> None:
        """Let the application answer with other services (fields of `Platform`)."""
        self.serve(create_app(replace(self.deployment.platform, **services)))

    async def look(self, check_id: str) -> PromiseResult:
        """Look at one check alone; return what becomes of a promise that rests on it."""
        promise, check = next((p, c) for p in PROMISES for c in p.checks if c.id == check_id)
        report = await run(self.scene, [replace(promise, checks=(check,))], Unwatched())
        return report.promises[0]

    async def sees_red(self, check_id: str, *words: str) -> None:
        """Assert that a check fails, for the reason that was planted, and that its promise is broken."""
        result = await self.look(check_id)
        assert result.state == "broken", result
        said = "\n".join(result.checks[0].evidence["faults"])
        for word in words:
            assert word in said, said


class Outside:
    """Answers one path by itself, before any middleware: what a wrongly mounted route does."""

    def __init__(self, app: Any, path: str, body: bytes = b"somebody's data", status: int = 200) -> None:
        """Take the application to stand before, the path to steal, and what to say there."""
        self._app, self._path, self._body, self._status = app, path, body, status

    async def __call__(self, scope: Any, receive: Any, send: Send) -> None:
        """Answer, or pass on."""
        if scope["path"] != self._path:
            await self._app(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.accept"})
        else:
            kind = (b"content-type", b"text/plain; charset=utf-8")
            await send({"type": "http.response.start", "status": self._status, "headers": [kind]})
            await send({"type": "http.response.body", "body": self._body})


class Changing:
    """Changes the head of some answers on their way out."""

    def __init__(self, app: Any, when: Callable[[Any, Message], bool], change: Mapping[str, str | None]) -> None:
        """Take the application, which answers to change, and headers to set (or, with None, to drop)."""
        self._app, self._when, self._change = app, when, change

    async def __call__(self, scope: Any, receive: Any, send: Send) -> None:
        """Pass on, and change."""

        async def outgoing(message: Message) -> None:
            if message["type"].endswith(".start") and self._when(scope, message):
                kept = [(k, v) for k, v in message["headers"] if k.decode() not in self._change]
                added = [(k.encode(), v.encode()) for k, v in self._change.items() if v is not None]
                message = {**message, "headers": [*kept, *added]}
            await send(message)

        await self._app(scope, receive, outgoing)


class LeakyVault(Vault):
    """Forgets to seal one column: what it is given is stored as it is."""

    column = "headline_sealed"

    async def seal(
        self, ref: KeyRef, table: str, row: UUID, values: Mapping[str, str | None]
    ) -> dict[str, bytes | None]:
        """Seal all columns but one."""
        sealed = await super().seal(ref, table, row, values)
        plain = values.get(self.column)
        return {**sealed, self.column: plain.encode()} if plain else sealed

    async def open_rows(self, table: str, rows: Any) -> list[dict[str, str | None]]:
        """Open all columns but one."""
        rows = list(rows)
        plain = [cells.get(self.column) for _, cells in rows]
        sealed = [(row, {**cells, self.column: None}) if self.column in cells else (row, cells) for row, cells in rows]
        opened = await super().open_rows(table, sealed)
        return [
            {**cells, self.column: text.decode()} if text else cells for cells, text in zip(opened, plain, strict=True)
        ]

"""Requests to an application in this process, at the price of the application itself.

Starlette's own client passes seven times from thread to thread and back for a request, which takes three times as long
as a small page. Here the thread that asks runs the application itself. What is asked and answered is the same.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from threading import get_ident
from types import TracebackType
from typing import Any, Self
from urllib.parse import unquote

import httpx2
from starlette.types import ASGIApp, Message

Headers = list[tuple[bytes, bytes]]


class Client(httpx2.Client):
    """Asks `app`. Entered, it begins and ends the application's life, and keeps one loop for all requests of the thread
    that entered it, as a server does; each other thread, and each request before, has a loop of its own.

    Args:
        raise_server_exceptions: whether what a route raises comes out of the request, or is the answer 500.
        client: the address and the port from which is asked.
    """

    def __init__(
        self,
        app: ASGIApp,
        base_url: str = "http://testserver",
        raise_server_exceptions: bool = True,
        *,
        headers: Mapping[str, str] | None = None,
        cookies: httpx2.Cookies | None = None,
        follow_redirects: bool = True,
        client: tuple[str, int] = ("testclient", 50000),
    ) -> None:
        self.app = app
        self._here = _InThisProcess(app, raise_server_exceptions, client)
        super().__init__(
            base_url=base_url,
            headers={"user-agent": "testclient", **(headers or {})},
            cookies=cookies,
            follow_redirects=follow_redirects,
            transport=self._here,
        )

    def __enter__(self) -> Self:
        super().__enter__()
        self._here.begin()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None = None,
        error: BaseException | None = None,
        trace: TracebackType | None = None,
    ) -> None:
        self._here.end()
        super().__exit__(kind, error, trace)


class _InThisProcess(httpx2.BaseTransport):
    def __init__(self, app: ASGIApp, raises: bool, client: tuple[str, int]) -> None:
        self._app = app
        self._raises = raises
        self._client = client
        self._runner: asyncio.Runner | None = None
        self._thread = 0
        self._life: Any = None

    def begin(self) -> None:
        self._runner, self._thread = asyncio.Runner(), get_ident()
        app: Any = self._app
        self._life = app.router.lifespan_context(app)
        self._run(self._life.__aenter__())

    def end(self) -> None:
        self._run(self._life.__aexit__(None, None, None))
        if self._runner is not None:
            self._runner.close()
            self._runner = None

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        answer, scope = _Answer(request), self._scope(request)

        async def ask() -> None:
            await self._app(scope, answer.receive, answer.send)

        try:
            self._run(ask())
        except Exception:
            if self._raises:
                raise
        body = b"" if request.method == "HEAD" else b"".join(answer.parts)
        stream = httpx2.ByteStream(body)
        return httpx2.Response(answer.status, headers=answer.headers, stream=stream, request=request)

    def _scope(self, request: httpx2.Request) -> dict[str, Any]:
        url = request.url
        return {
            "type": "http",
            "http_version": "1.1",
            "method": request.method,
            "path": unquote(url.path),
            "raw_path": url.raw_path.split(b"?", 1)[0],
            "root_path": "",
            "scheme": url.scheme,
            "query_string": url.query,
            "headers": [(name.lower().encode(), value.encode()) for name, value in request.headers.multi_items()],
            "client": self._client,
            "server": [url.host, url.port or (443 if url.scheme == "https" else 80)],
            "state": {},
        }

    def _run(self, what: Coroutine[Any, Any, Any]) -> None:
        if _is_running():
            # Beside a browser's loop in this thread no other can run.
            with ThreadPoolExecutor(1) as another:
                another.submit(copy_context().run, asyncio.run, what).result()
        elif self._runner is not None and self._thread == get_ident():
            self._runner.run(what, context=copy_context())
        else:
            asyncio.run(what)


class _Answer:
    """What an application is told of a request, and what it says to it."""

    def __init__(self, request: httpx2.Request) -> None:
        self.status = 500
        self.headers: Headers = []
        self.parts: list[bytes] = []
        self._request: httpx2.Request | None = request
        self._is_over = asyncio.Event()

    async def receive(self) -> Message:
        request, self._request = self._request, None
        if request is not None:
            # Not before it is asked for: what is refused unread stays unread.
            return {"type": "http.request", "body": request.read()}
        await self._is_over.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status, self.headers = message["status"], list(message.get("headers", []))
        elif message["type"] == "http.response.body":
            self.parts.append(bytes(message.get("body", b"")))
            if not message.get("more_body", False):
                self._is_over.set()


def _is_running() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True

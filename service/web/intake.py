"""Group commit: one task of this process keeps whatever came in meanwhile in one transaction, and each request is
answered after that commit.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, cast

from service.usecases.accept import AcceptedInbound, Inbound, accept_together
from service.usecases.accept_taps import AcceptedTap, Tap
from service.usecases.context import Service
from service.usecases.problems import StorageUnavailable

QUEUE = 2000
BATCH = 500
GATHER_SECONDS = 0.001
"""How long a batch waits for more when the last one was more than one: a commit costs as much as the rows of ten."""

Waiting = tuple[Inbound | Tap, "asyncio.Future[Any]"]


class Intake:
    """Where async routes hand in what came. With the queue full or the database away: `StorageUnavailable`."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._queue: asyncio.Queue[Waiting] | None = None
        self._task: asyncio.Task[None] | None = None
        # One of our own: what comes in waits for no page that is being drawn.
        self._thread = ThreadPoolExecutor(1, "intake")

    async def accept(self, inbound: Inbound) -> AcceptedInbound:
        """Keep a message; when this returns, it is committed."""
        return cast(AcceptedInbound, await self._hand_in(inbound))

    async def tap(self, tap: Tap) -> AcceptedTap | None:
        """Keep what the form behind a link sent; when this returns, it is committed. None when there is no such link,
        or it takes nothing any more."""
        return cast("AcceptedTap | None", await self._hand_in(tap))

    async def drain(self) -> None:
        """Wait until everything handed in is kept; at shutdown."""
        if self._queue is not None:
            await self._queue.join()
        if self._task is not None:
            self._task.cancel()

    def _hand_in(self, one: Inbound | Tap) -> asyncio.Future[Any]:
        queue = self._running()
        answer: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        try:
            queue.put_nowait((one, answer))
        except asyncio.QueueFull as error:
            raise StorageUnavailable("more comes in than can be kept") from error
        return answer

    def _running(self) -> asyncio.Queue[Waiting]:
        loop = asyncio.get_running_loop()
        if self._queue is None or self._task is None or self._task.done() or self._task.get_loop() is not loop:
            self._queue = asyncio.Queue(QUEUE)
            self._task = loop.create_task(self._keep(self._queue))
        return self._queue

    async def _keep(self, queue: asyncio.Queue[Waiting]) -> None:
        together = 1
        while True:
            batch = [await queue.get()]
            if together > 1:
                await asyncio.sleep(GATHER_SECONDS)
            while len(batch) < BATCH and not queue.empty():
                batch.append(queue.get_nowait())
            together = len(batch)
            try:
                await self._keep_together(batch)
            finally:
                for _ in batch:
                    queue.task_done()

    async def _keep_together(self, batch: Sequence[Waiting]) -> None:
        try:
            kept = await self._kept(batch)
        except StorageUnavailable as error:
            _refuse(batch, error)
        except Exception as error:
            if len(batch) > 1:
                await self._keep_singly(batch)
            else:
                _refuse(batch, error)
        else:
            _answer(batch, kept)

    async def _keep_singly(self, batch: Sequence[Waiting]) -> None:
        """One of them cannot be kept; the others must not be lost with it."""
        for place, one in enumerate(batch):
            try:
                _answer([one], await self._kept([one]))
            except StorageUnavailable as error:
                # Each of the others would wait as long for the same answer.
                _refuse(batch[place:], error)
                return
            except Exception as error:
                _refuse([one], error)

    async def _kept(self, batch: Sequence[Waiting]) -> tuple[Sequence[AcceptedInbound], Sequence[AcceptedTap | None]]:
        messages = [one for one, _ in batch if isinstance(one, Inbound)]
        taps = [one for one, _ in batch if isinstance(one, Tap)]
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._thread, accept_together, self._service, messages, taps)


def _answer(batch: Sequence[Waiting], kept: tuple[Sequence[AcceptedInbound], Sequence[AcceptedTap | None]]) -> None:
    messages, taps = map(iter, kept)
    for one, answer in batch:
        accepted = next(messages) if isinstance(one, Inbound) else next(taps)
        if not answer.done():
            answer.set_result(accepted)


def _refuse(batch: Sequence[Waiting], error: Exception) -> None:
    """Whatever it was, nobody may be told that their message was kept."""
    for _, answer in batch:
        if not answer.done():
            answer.set_exception(error)

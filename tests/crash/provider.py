"""A provider on a bad day: slow, failing now and then, silent after it took a message, its list late."""

from __future__ import annotations

import http.client
import random
import re
import threading
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import timedelta
from urllib.parse import urlencode

from tests.crash.fleet import Program
from tests.mock_twilio import MockTwilio, Text
from tests.mock_twilio.faults import Fault

PUBLIC_URL = "https://amanba.example"
TIMEOUT = 2.0
"""What the service waits for an answer, in seconds."""
_OUTBOX_ID = re.compile(r"/hooks/twilio/status/([0-9a-f-]{36})")


class RoughTwilio(MockTwilio):
    """Twilio with 10 to 50 ms of latency, 1 % of 500s and `lost` of answers lost after a text was taken."""

    def __init__(self, seed: int, webs: Callable[[], list[Program]], *, lost: float = 0.01) -> None:
        super().__init__(app_url=PUBLIC_URL, deliver_hook=self._to_a_web)
        self._dice = random.Random(seed)
        self._webs = webs
        self._lost = lost
        self.is_rough = False
        self.lists_nothing: Callable[[], bool] = lambda: False
        """While it says so, its list cannot be read."""
        self.answers_lost = 0
        self.on_accept = self._delivered
        self._news = threading.Condition()

    def take_fault(self, method: str) -> Fault | None:
        """Every request waits; some fail."""
        with self.ledger.lock:
            latency, luck = self._dice.uniform(0.01, 0.05), self._dice.random()
        self.stopping.wait(latency)
        if method == "GET" and self.lists_nothing():
            return Fault(method, 1, 500, 20500, "Internal error")
        if not self.is_rough:
            return super().take_fault(method)
        if luck < 0.01:
            return Fault(method, 1, 500, 20500, "Internal error")
        if method == "POST" and luck < 0.01 + self._lost:
            self.answers_lost += 1
            # Half of them hang up, half keep silent until nobody listens any more.
            return Fault(method, 1, accepts=True, silence=TIMEOUT + 0.5 if luck < 0.01 + self._lost / 2 else 0.0)
        return super().take_fault(method)

    def doubled(self) -> list[str]:
        """Messages of ours that it took more than once, by the name that we gave each: once for each repeat."""
        taken = Counter(name_of(text) for text in self.sent)
        return [name for name, times in taken.items() for _ in range(times - 1)]

    def wait_for(self, look: Callable[[], bool], patience: float) -> bool:
        """Until `look` is true; looked at whenever a text was taken."""
        with self._news:
            return self._news.wait_for(look, patience)

    def lag(self, seconds: float) -> None:
        """Let the list show texts this late."""
        self.list_lag = timedelta(seconds=seconds)

    def _delivered(self, text: Text) -> None:
        with self._news:
            self._news.notify_all()
        threading.Thread(target=self.deliver, args=(text.sid,), daemon=True).start()

    def _to_a_web(self, path: str, form: Mapping[str, str], headers: Mapping[str, str]) -> int:
        """As a proxy does: the first web that takes the connection gets the request, and only that one."""
        kind = {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"}
        for program in self._webs():
            connection = http.client.HTTPConnection("127.0.0.1", program.port, timeout=15)
            try:
                connection.connect()
            except OSError:
                continue
            try:
                connection.request("POST", path, urlencode(form), {**headers, **kind})
                return connection.getresponse().status
            except (OSError, http.client.HTTPException):
                return 0
            finally:
                connection.close()
        return 0


def name_of(text: Text) -> str:
    """What we named a message; one that was handed over twice has the same name both times."""
    found = _OUTBOX_ID.search(text.callback or "")
    assert found is not None, "a message without a name"
    return found[1]

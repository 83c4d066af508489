"""A person's phone, for tests that read as a story."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.mock_twilio.ledger import Text
    from tests.mock_twilio.mock import MockTwilio


class Phone:
    """`mother.expect("no sign since"); mother.reply("1")`"""

    def __init__(self, mock: MockTwilio, number: str) -> None:
        self.number = number
        self._mock = mock
        self._read = 0

    @property
    def texts(self) -> list[Text]:
        """Every text that reached this phone, oldest first."""
        with self._mock.ledger.lock:
            return [
                text for text in self._mock.ledger.texts if text.outbound and text.to == self.number and text.reached
            ]

    @property
    def received(self) -> list[str]:
        """The bodies of every text that reached this phone, oldest first."""
        return [text.body for text in self.texts]

    @property
    def unread(self) -> list[str]:
        """What `expect` has not read yet."""
        return self.received[self._read :]

    def expect(self, part: str) -> str:
        """Read on to the first unread text that holds `part`, and return it whole."""
        for place, body in enumerate(self.unread):
            if part in body:
                self._read += place + 1
                return body
        raise AssertionError(f"{self.number} has no unread text with {part!r}; unread: {self.unread}")

    def read_all(self) -> list[str]:
        """Everything unread; nothing is unread after it."""
        unread = self.unread
        self._read += len(unread)
        return unread

    def expect_nothing(self) -> None:
        """Nothing has come since the last text read."""
        assert self.unread == [], f"{self.number} received {self.unread}"

    def text(self, body: str, to: str | None = None, sid: str | None = None) -> int:
        """Text the service; the answer is the app's HTTP status, 0 when nobody listened."""
        return self._mock.text(self.number, body, sid=sid, to=to)

    def reply(self, body: str) -> int:
        """Answer the number that texted last."""
        assert self.texts, f"{self.number} has nothing to reply to"
        return self.text(body, to=self.texts[-1].from_)

    def switch_off(self) -> None:
        """Texts wait in the network until the phone is on again."""
        self._mock.switched_off.add(self.number)

    def switch_on(self) -> None:
        """What waited arrives."""
        self._mock.switched_off.discard(self.number)
        with self._mock.ledger.lock:
            for text in self._mock.ledger.texts:
                if text.outbound and text.to == self.number and text.status not in ("failed", "undelivered"):
                    text.reached = True

"""What tests can make go wrong on the wire."""

from dataclasses import dataclass


@dataclass
class Fault:
    """What happens to the next requests of a method instead of an answer, or (`accepts`) after the work
    is done.
    """

    method: str
    times: int
    status: int = 0
    code: int = 0
    message: str = ""
    accepts: bool = False
    silence: float = 0.0
    raw: bytes | None = None
    passes: bool = False


class Refused(Exception):
    """A request that Twilio answers with an error."""

    def __init__(self, status: int, code: int, message: str) -> None:
        super().__init__(message)
        self.status, self.code, self.message = status, code, message

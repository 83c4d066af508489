"""What went over the wire, as it was written there: a field may stand in it more than once."""

from dataclasses import dataclass


@dataclass
class Exchange:
    """A request, and what it was answered; 0 while it was not."""

    method: str
    path: str
    query: list[tuple[str, str]]
    form: list[tuple[str, str]]
    content_type: str = ""
    status: int = 0
    answer: dict[str, object] | None = None

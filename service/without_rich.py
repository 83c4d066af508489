"""Loads structlog without Rich, before anything else does.

structlog loads Rich wherever it is installed, to draw errors on a terminal. Ours are single lines: without it an engine
starts sooner and takes 4 MiB less. What asks for Rich later, as the help on the console does, gets it.
"""

import sys

if not {"rich", "structlog"} & sys.modules.keys():
    sys.modules["rich"] = None  # type: ignore[assignment]
    try:
        import structlog  # noqa: F401 - for its own sake
    finally:
        del sys.modules["rich"]

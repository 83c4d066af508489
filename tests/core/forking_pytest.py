"""Runs pytest many times without loading it many times: for each line of JSON on stdin, one fork.

A line is `{"folder": …, "tests": […]}`; the answer is a line `{"code": …, "output": …}`. The fork is a process of its
own: it imports the core that lies in `folder`, and nothing of it is left for the next.
"""

import json
import os
import sys
import tempfile

import pytest
from hypothesis import Phase, settings

QUIET = ("-x", "-q", "-p", "no:cacheprovider", "--import-mode=importlib", "--assert=plain", "--tb=line")


def run_in_a_fork(folder: str, tests: list[str]) -> dict[str, int | str]:
    with tempfile.TemporaryFile("w+", encoding="utf-8") as output:
        child = os.fork()
        if child == 0:
            code = 70
            try:
                os.chdir(folder)
                os.dup2(output.fileno(), 1)
                os.dup2(output.fileno(), 2)
                sys.path[0] = folder
                code = int(pytest.main([*QUIET, "--rootdir", folder, *tests]))
                sys.stdout.flush()
            finally:
                os._exit(code)
        _, status = os.waitpid(child, 0)
        output.seek(0)
        return {"code": os.waitstatus_to_exitcode(status), "output": output.read()}


if __name__ == "__main__":
    # That a property fails is all that is asked; the smallest example would take most of the time.
    settings.register_profile("fails-or-not", phases=[Phase.generate])
    settings.load_profile("fails-or-not")
    for line in sys.stdin:
        print(json.dumps(run_in_a_fork(**json.loads(line))), flush=True)

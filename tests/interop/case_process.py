"""One case, in a process (and, if it has one, a network namespace) that ends with it.

Exit codes: 0 passed, 1 failed, 77 not run; the reason is the last line of stdout.
"""

import os
import pathlib
import signal
import sys
import threading
import traceback

import cases
import network
from failure import Failure, NotRun
from world import World

PASSED, FAILED, NOT_RUN = 0, 1, 77


def run_case(name, folder, program):
    _end_with_driver()
    case = cases.load()[name]
    try:
        if network.in_namespace():
            network.set_up_namespace()
        with World(pathlib.Path(folder), pathlib.Path(program), case.seconds_max) as world:
            case.run(world)
    except NotRun as reason:
        print(reason)
        return NOT_RUN
    except Failure as failure:
        print(_origin(failure), file=sys.stderr)
        print(failure)
        return FAILED
    except Exception as error:  # A case must end with one line, whatever happened in it.
        traceback.print_exc()
        print(f"{type(error).__name__}: {error}")
        return FAILED
    return PASSED


def _origin(failure):
    """The line of the case that failed."""
    frames = [frame for frame in traceback.extract_tb(failure.__traceback__)
              if os.sep + "cases" + os.sep in frame.filename]
    return "\n".join(f"{frame.filename}:{frame.lineno}: {frame.line}" for frame in frames)


def _end_with_driver():
    """Takes the whole process group down if the driver dies: its end of stdin then closes."""
    def watch():
        sys.stdin.read()
        os.killpg(os.getpgid(0), signal.SIGKILL)
    threading.Thread(target=watch, daemon=True).start()

"""Finds a Python that can import libtorrent: Debian's package serves only /usr/bin/python3."""

import functools
import subprocess
import sys

from failure import NotRun


@functools.lru_cache
def find_python_with_libtorrent():
    for python in ("/usr/bin/python3", sys.executable):
        try:
            trial = subprocess.run([python, "-c", "import libtorrent"], capture_output=True,
                                   timeout=30, check=False)
        except OSError:
            continue
        if trial.returncode == 0:
            return python
    raise NotRun("python3-libtorrent is not installed")

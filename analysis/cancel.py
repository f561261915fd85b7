"""How a running engine learns that it should stop, and how it makes sure that it does."""

from __future__ import annotations

import os
import shutil
import signal
import sys
import threading
from collections.abc import Callable
from pathlib import Path

GRACE_S = 0.8  # a caller waits two seconds; a step deep in a library call may not notice before


class Stop:
    """Becomes true once a ``cancel`` line came on standard input, or SIGTERM or Ctrl-C was received.

    After ``GRACE_S`` seconds without the run ending by itself, the folders in ``leave_nothing`` are removed, ``last_word``
    is called, and the process ends with exit code 130.
    """

    def __init__(self, last_word: Callable[[], None] = lambda: None) -> None:
        self._event = threading.Event()
        self._last_word = last_word
        self.leave_nothing: list[Path] = []

    def __call__(self) -> bool:
        return self._event.is_set()

    def listen(self, standard_input: bool) -> None:
        """Start to listen to the signals and, where a program drives the engine, to standard input."""
        # Python runs a signal's handler only between two steps of the main thread, which may sit in a solver for
        # seconds; the wake-up file is written at once, and another thread reads it
        read, write = os.pipe()
        os.set_blocking(write, False)
        signal.set_wakeup_fd(write, warn_on_full_buffer=False)
        for name in ("SIGINT", "SIGTERM"):
            signal.signal(getattr(signal, name), lambda number, frame: self.set())
        threading.Thread(target=self._wait_for_signal, args=(read,), daemon=True).start()
        if standard_input:
            threading.Thread(target=self._read, daemon=True).start()

    def set(self) -> None:
        """Ask the run to stop."""
        if self._event.is_set():
            return
        self._event.set()
        timer = threading.Timer(GRACE_S, self._end)
        timer.daemon = True
        timer.start()

    def _wait_for_signal(self, wake_up: int) -> None:
        while number := os.read(wake_up, 1):
            if number[0] in (signal.SIGINT, signal.SIGTERM):
                self.set()

    def _read(self) -> None:
        # os.read rather than sys.stdin: a blocked reader of sys.stdin holds its lock when the interpreter ends
        seen = b""
        while True:
            try:
                block = os.read(sys.stdin.fileno(), 4096)
            except (OSError, ValueError):
                return
            if not block:
                return
            seen += block
            *lines, seen = seen.split(b"\n")
            if any(line.strip() == b"cancel" for line in lines):
                self.set()
                return

    def _end(self) -> None:
        for folder in self.leave_nothing:
            shutil.rmtree(folder, ignore_errors=True)
        self._last_word()
        os._exit(130)

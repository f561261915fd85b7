"""What can be wrong with the engine or a run, said in one sentence with its remedy."""

from ..texts import problem


class EngineError(Exception):
    """The message is for the user: what is wrong and how to mend it.

    ``exit_code`` is the engine's: 1 our fault, 2 the input's. ``details`` (the engine's last words) go to the
    log, not into the message.
    """

    def __init__(self, message, exit_code=1, details=""):
        super().__init__(message)
        self.exit_code = exit_code
        self.details = details

    @classmethod
    def of(cls, key, details="", **values):
        """An error with the text ``plugin.<key>`` and its remedy."""
        return cls(problem(key, **values), details=details)


class RunCancelled(Exception):
    """The user cancelled; nothing was written."""

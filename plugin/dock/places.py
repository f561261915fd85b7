"""What the planner pins and forbids: places in the scenario, each for one utility or for every one. No widgets."""

from qgis.PyQt.QtCore import QObject, pyqtSignal

from ...resources import codes

STEP = "siting"
PIN, FORBID, MOST = "pin", "forbid", "most_sites_of"
OTHER = {PIN: FORBID, FORBID: PIN}


def split(name):
    """The utility (empty for every one) and the id of a place that a scenario names as ``utility:id`` or ``id``.

    Examples
    --------
    >>> split("heat:P1"), split("P1"), split("block:7")
    (('heat', 'P1'), ('', 'P1'), ('', 'block:7'))
    """
    utility, colon, key = name.partition(":")
    return (utility, key) if colon and utility in codes("utility") else ("", name)


def joined(utility, key):
    """The name of a place in a scenario."""
    return f"{utility}:{key}" if utility else key


def names_of(text, utility=""):
    """The places that a column such as ``pins`` of a result names, each for the utility where it says none."""
    parts = [split(part.strip()) for part in str(text or "").split(";") if part.strip()]
    return [joined(of or utility, key) for of, key in parts]


def meets(one, other):
    """Whether two names speak of the same place and a utility in common."""
    (first, key), (second, same) = split(one), split(other)
    return key == same and (first == second or not first or not second)


class Places(QObject):
    """Changes the pins and forbidden places of a session's scenario, and takes the last changes back.

    ``utility`` is the one that the planner works on; empty for every one.
    """

    undone = pyqtSignal()

    def __init__(self, session, parent=None):
        super().__init__(parent)
        self._session, self._done, self._park = session, [], session.park
        self.utility = None  # not chosen yet
        session.changed.connect(self._park_changed)

    def named(self, kind):
        """The places pinned, or forbidden, as the scenario names them."""
        return list(self._own().get(kind, []))

    def toggle(self, kind, utility, key):
        """Pin or forbid a place, or no longer where it is; gives whether it is now.

        What is forbidden is not pinned, and the other way round.
        """
        name, mine, others = joined(utility, key), self.named(kind), self.named(OTHER[kind])
        covering = [one for one in mine if split(one) in ((utility, key), ("", key))]
        if covering:
            self._write({kind: [one for one in mine if one not in covering]})
            return False
        kept = [one for one in mine if not meets(one, name)]  # for every utility holds for each
        self._write({kind: [*kept, name], OTHER[kind]: [one for one in others if not meets(one, name)]})
        return True

    def remove(self, kind, name):
        """Take one place out of the list."""
        self._write({kind: [one for one in self.named(kind) if one != name]})

    def take(self, utility, pins, count):
        """Pin the sites of a plan for a utility in place of its other pins, and allow no more than it has."""
        kept = [one for one in self.named(PIN) if split(one)[0] != utility]
        barred = [one for one in self.named(FORBID) if not any(meets(one, pin) for pin in pins)]
        most = {**self._own().get(MOST, {}), utility: count}
        self._write({PIN: kept + list(pins), FORBID: barred, MOST: most})

    def free(self, utility):
        """Leave the choice of a utility's sites to the run: no pins, no number of sites of its own."""
        kept = [one for one in self.named(PIN) if split(one)[0] != utility]
        most = {of: count for of, count in self._own().get(MOST, {}).items() if of != utility}
        self._write({PIN: kept, MOST: most})

    def taken(self, utility, pins, count):
        """Whether a plan is what the scenario asks for."""
        mine = {one for one in self.named(PIN) if split(one)[0] == utility}
        return bool(pins) and mine == set(pins) and self._own().get(MOST, {}).get(utility) == count

    def bound(self, utility):
        """Whether the choice of a utility's sites is not free."""
        return utility in self._own().get(MOST, {}) or any(split(one)[0] == utility for one in self.named(PIN))

    def remember(self, undo):
        """Let ``undo`` be what takes the last change back; it gives False where it cannot any more."""
        self._done.append(undo)

    def can_undo(self):
        """Whether there is a change to take back."""
        return bool(self._done)

    def undo(self):
        """Take the last change back; gives whether that was done."""
        fine = bool(self._done) and self._done.pop()() is not False
        if not fine:
            self._done.clear()  # what came before stands on it
        self.undone.emit()
        return fine

    def _own(self):
        return self._session.choices.get(STEP, {})

    def _state(self):
        return {name: self._own()[name] for name in (PIN, FORBID, MOST) if name in self._own()}

    def _write(self, values):
        before = self._state()
        self._session.choose_all(STEP, values)
        after = self._state()
        if before != after:
            self.remember(lambda: self._back(before, after))

    def _back(self, before, after):
        if self._state() != after:
            return False  # changed elsewhere since
        self._session.choose_all(STEP, {name: before.get(name) for name in (PIN, FORBID, MOST)})
        return True

    def _park_changed(self):
        if self._session.park != self._park:
            self._park, self.utility = self._session.park, None
            self._done.clear()

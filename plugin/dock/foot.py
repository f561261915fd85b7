"""The way out of the dock: the scenario, two runs compared, the layout report, the page."""

from qgis.core import QgsFeedback
from qgis.PyQt.QtCore import Qt, QUrl
from qgis.PyQt.QtGui import QDesktopServices
from qgis.PyQt.QtWidgets import QHBoxLayout, QProgressDialog, QPushButton, QWidget

from ..engine.errors import EngineError, RunCancelled
from ..texts import language, tr


class Foot(QWidget):
    """Four buttons at the foot of the dock.

    Parameters
    ----------
    dock
        The dock that they belong to.
    """

    def __init__(self, dock):
        super().__init__(dock)
        self._dock = dock
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(3)
        self.scenario = button("scenario", lambda: dock.show_page("scenario"))
        self.compare = button("compare", self.compare_runs)
        self.layout_report = button("layout_report", self.write_layout)
        self.page = button("open_page", self.open_page)
        for each in (self.scenario, self.compare, self.layout_report, self.page):
            each.setToolTip(tr(f"dock.{each.objectName()}.tip"))
            row.addWidget(each)

    def refresh(self, busy):
        """Say what can be done now."""
        session = self._dock.session
        self.scenario.setEnabled(bool(session.park))
        self.page.setEnabled(bool(session.run))
        self.layout_report.setEnabled(bool(session.run) and not busy)
        self.compare.setEnabled(len(session.runs()) > 1)

    def open_page(self):
        """Open the report page of the run in the browser."""
        page = self._dock.session.run / f"report.{language()}.html"
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(page)))

    def compare_runs(self):
        """Compare the run with an earlier one."""
        from .compare_dialog import CompareDialog

        dialog = CompareDialog(self._dock.session, self._dock)
        dialog.exec()
        dialog.deleteLater()

    def write_layout(self):
        """Write the layout report of the run as PDF and open it."""
        path = self._dock.session.run / f"layout.{language()}.pdf"
        if self.export(path):
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(path)))

    def export(self, path):
        """Write the layout report; whether it was written.

        Print layouts belong to the thread of the window, so QGIS draws one sheet after the other there and looks after the
        window in between. Meanwhile only *cancel* takes clicks: nothing of what the sheets stand on may go away.
        """
        from ..layouts.report import write_report

        session, feedback = self._dock.session, QgsFeedback()
        waiting = QProgressDialog(tr("dock.writing_layout"), tr("dock.cancel"), 0, 100, self._dock)
        waiting.setWindowTitle(tr("dock.layout_report"))
        waiting.setWindowModality(Qt.WindowModality.ApplicationModal)
        waiting.setAutoReset(False)
        waiting.setMinimumDuration(0)
        waiting.canceled.connect(feedback.cancel)
        # being modal, it processes the events of the window whenever it is told a value
        feedback.progressChanged.connect(lambda percent: waiting.setValue(int(percent)))
        waiting.setValue(0)
        try:
            write_report(session.run, session.park, path, feedback=feedback)
        except EngineError as error:
            self._dock.complain(error)
            return False
        except RunCancelled:
            self._dock.say(tr("run.cancelled"))
            return False
        finally:
            waiting.close()
            waiting.deleteLater()
        self._dock.say(tr("run.written", path=path))
        return True


def button(key, act):
    """A button with the text ``dock.<key>`` that does something."""
    made = QPushButton(tr("dock." + key))
    made.setObjectName(key)
    made.setMinimumWidth(10)
    made.clicked.connect(lambda: act())
    return made

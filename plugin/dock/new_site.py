"""A candidate site that the planner has drawn: checked, named, written into the park."""

import re

from qgis.core import NULL, QgsDistanceArea, QgsGeometry, QgsProject
from qgis.PyQt.QtWidgets import QComboBox, QDialog, QDialogButtonBox, QFormLayout, QLabel, QLineEdit

from ...resources import codes, table
from ..engine.errors import EngineError
from ..maptools.places import transformed
from ..park_source import add_feature, crs_of
from ..texts import language, tr

LAYER = "candidate_sites"
NUMBERED = re.compile(r"(.*?)(\d+)$")


def outline_of(corners, crs):
    """The site with these corners.

    Raises
    ------
    EngineError
        It has no area to speak of, or its outline crosses itself.
    """
    corners = [point for at, point in enumerate(corners) if not at or point != corners[at - 1]]
    if len(corners) < 3:
        raise EngineError.of("dock.site.corners")
    shape = QgsGeometry.fromPolygonXY([[*corners, corners[0]]])
    if not shape.isSimple() or not shape.isGeosValid():
        raise EngineError.of("dock.site.crosses")
    check_room(area_m2(shape, crs), "")
    return shape


def check_room(area, utility):
    """Whether the least works of a utility, or of any, fits into an area in m2.

    Raises
    ------
    EngineError
        It does not.
    """
    least = {
        row["key"].split(".")[1]: float(row["value"])
        for row in table("standards", "siting.csv")
        if row["key"].endswith(".land_least_m2")
    }
    needed = least.get(utility, 0.0) if utility else min(least.values())
    if area < needed:
        values = {"area": f"{area:,.0f}", "least": f"{needed:,.0f}"}
        if utility:
            raise EngineError.of(
                "dock.site.small_for", utility=codes("utility")[utility]["label_" + language()], **values
            )
        raise EngineError.of("dock.site.small", **values)


def lies_inside(shape, crs, boundary):
    """Whether a site lies in the park; True where the park's layer is not on the map."""
    if boundary is None:
        return True
    own = transformed(shape, crs, boundary.crs())
    return any(row.geometry().buffer(0.0, 1).contains(own) for row in boundary.getFeatures())


def free_id(taken):
    """An id that nothing else bears, in the manner of the last one of ``taken``.

    Examples
    --------
    >>> free_id(["K01", "K06"]), free_id([]), free_id(["north"])
    ('K07', 'S01', 'S01')
    """
    found = [NUMBERED.match(one) for one in sorted(taken)]
    found = [one for one in found if one]
    head, wide = (found[-1][1], len(found[-1][2])) if found else ("S", 2)
    last = max((int(one[2]) for one in found if one[1] == head), default=0)
    return next(name for at in range(last + 1, last + len(found) + 2) for name in [f"{head}{at:0{wide}d}"])


def write(park, shape, crs, name, utility, layers):
    """Add the site to the park; gives its id.

    Raises
    ------
    EngineError
        The park cannot be written.
    """
    others = {
        key
        for kind, column in (("parcels", "parcel_id"), ("facilities", "facility_id"))
        for key in _ids(layers.get(kind), column)
    }
    own = set(_ids(layers.get(LAYER), "site_id"))
    key = free_id(own)
    while key in others | own:
        key = free_id(own | {key})
    values = {"site_id": key, "name": name or key, "utility": utility or None, "source": tr("dock.site.source")}
    add_feature(park, LAYER, values, transformed(shape, crs, crs_of(park, LAYER)))
    return key


class SiteDialog(QDialog):
    """Asks for the name of a site and what it is for."""

    def __init__(self, utility, area_m2, parent=None):
        super().__init__(parent)
        self.setWindowTitle(tr("dock.add_site"))
        form = QFormLayout(self)
        self.name, self.utility = QLineEdit(), utility_box(utility)
        self.name.setPlaceholderText(tr("dock.site.unnamed"))
        form.addRow(QLabel(tr("dock.site.area", area=f"{area_m2 / 1e4:,.2f}")))
        form.addRow(tr("dock.site.name"), self.name)
        form.addRow(tr("dock.site.utility"), self.utility)
        keys = QDialogButtonBox.StandardButton
        buttons = QDialogButtonBox(keys.Ok | keys.Cancel)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        buttons.button(keys.Ok).setText(tr("dock.site.ok"))
        buttons.button(keys.Cancel).setText(tr("dock.cancel"))
        form.addRow(buttons)

    def answers(self):
        """Name and utility; either may be empty."""
        return self.name.text().strip(), self.utility.currentData()


def utility_box(utility, every="dock.every_utility"):
    """A box to choose a utility, or every one."""
    box = QComboBox()
    box.setObjectName("utility")
    box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
    box.setMinimumContentsLength(14)  # the longest name must not make the dock wide
    for code, row in codes("utility").items():
        box.addItem(row["label_" + language()], code)
    box.addItem(tr(every), "")
    box.setCurrentIndex(max(box.findData(utility or ""), 0))
    return box


def area_m2(shape, crs):
    """The area of a shape on the ground."""
    measure = QgsDistanceArea()
    measure.setSourceCrs(crs, QgsProject.instance().transformContext())
    measure.setEllipsoid(crs.ellipsoidAcronym() or "WGS84")
    return measure.measureArea(shape)


def _ids(layer, column):
    if layer is None:
        return []
    return [row[column] for row in layer.getFeatures() if row[column] != NULL]

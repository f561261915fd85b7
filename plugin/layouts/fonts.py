"""One font for everything on a sheet that has Chinese glyphs: the first that this computer knows."""

from qgis.PyQt.QtGui import QFont, QFontInfo

FAMILIES = (
    "Noto Sans CJK SC",
    "Source Han Sans SC",
    "Microsoft YaHei",
    "PingFang SC",
    "SimHei",
    "WenQuanYi Zen Hei",
)


def known(family):
    """Whether this computer has the font."""
    return QFontInfo(QFont(family)).family().lower() == family.lower()


def chosen_family():
    """The family to write with; Qt's own where none of ours is there."""
    return next((family for family in FAMILIES if known(family)), QFont().family())


def chosen_font(points, like=None):
    """A font of the chosen family, bold and slanted as ``like`` is."""
    font = QFont(chosen_family())
    font.setPointSizeF(points)
    if like is not None:
        font.setBold(like.bold())
        font.setItalic(like.italic())
    return font

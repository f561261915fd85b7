"""What one sheet of the report shows, says and lists in its legend."""

from dataclasses import dataclass, field

from ...resources import columns
from ..texts import language


@dataclass
class Table:
    """A table of a sheet: heads, rows of texts, the share of the width of each column, those that stand at the right."""

    heads: tuple
    rows: list
    shares: tuple
    right: tuple = ()
    caption: str = ""

    def spaced(self):
        """The same with a narrow empty column between numbers at the right and the text that follows them."""
        gaps = [at for at in self.right if at + 1 < len(self.shares) and at + 1 not in self.right]
        if not gaps:
            return self

        def widen(cells, filler):
            return tuple(
                one for at, cell in enumerate(cells) for one in ((cell, filler) if at in gaps else (cell,))
            )

        right = tuple(at + sum(gap < at for gap in gaps) for at in self.right)
        heads, shares = widen(self.heads, ""), widen(self.shares, sum(self.shares) / 200)
        return Table(heads, [widen(row, "") for row in self.rows], shares, right, self.caption)


@dataclass
class Sheet:
    """One sheet: its layers are drawn the first on top; ``kind`` is theme, table, parcel, cluster or site.

    ``legend`` gives layers another title there (by layer id), or None to leave them out. ``tables`` are what stands beside
    the figures: of a sheet of kind table its subject and what goes with it, of a parcel its checks, of a cluster its firms. ``coverage`` is the
    layer that the atlas of the sheet visits. ``picture`` is the file of a picture that stands below the tables,
    ``inset`` that of one in a corner of the map.
    """

    title: str
    layers: list = field(default_factory=list)
    figures: list = field(default_factory=list)
    extent: object = None
    kind: str = "theme"
    legend: dict = field(default_factory=dict)
    tables: list = field(default_factory=list)
    coverage: object = None
    picture: object = None
    inset: object = None


def table_sheet(title, tables):
    """The sheet of tables (its subject first) as a list of one, or of none where its subject has no rows."""
    return [Sheet(title, kind="table", tables=tables)] if tables[0].rows else []


def column_label(table, column):
    """What a column of the results is called."""
    return columns(table)[column]["label_" + language()]

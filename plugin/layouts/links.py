"""The part of the report on links: a map of all and of each kind, the best with how their benefit splits, firms, chains."""

from dataclasses import replace

from ...resources import codes
from ..results import title
from ..texts import language, tr
from .curves import curves
from .quantities import NONE, quantity
from .sheet import Sheet, Table, column_label, table_sheet

LINKS = "links"
MOST = 36  # rows of a table of the best
AMOUNTS = (("quantity_t_a", "t/a"), ("heat_kw", "kW"), ("flow_t_d", "t/d"))
OF_LINK = (
    "distance_m",
    "investment_cur",
    "payback_a",
    "benefit_cur_a",
    "giver_benefit_cur_a",
    "taker_benefit_cur_a",
)
OF_FIRM = (
    *("links", "benefit_cur_a", "material_cur_a", "heat_cur_a", "water_cur_a"),
    *("pays_cur_a", "receives_cur_a", "investment_cur", "payback_a"),
)
NUMBERS = {
    "heat_targets": (
        *("heating_kw", "own_heating_kw", "levels_heating_kw", "direct_heating_kw", "saving_kw"),
        *("pinch_hot_c", "pinch_cold_c"),
    ),
    "water_targets": (
        *("demand_t_d", "own_fresh_t_d", "reuse_fresh_t_d", "treat_fresh_t_d", "saving_t_d"),
        *("contaminant", "pinch_mg_l"),
    ),
}
OF_LOSS = ("loss_cur_a", "loss_share_pct", "hit_enterprise_id")
OF_CHAIN = ("rank", "sector", "way", "kind", "material")
OF_LOOP = ("status", "firms", "kinds", "benefit_cur_a", "investment_cur")


def link_sheets(data, maps, park, ground, whole):
    """The maps and tables of the step; ``ground`` lies below the links, ``whole`` is the extent of the park."""
    layer = maps.result(LINKS, labels=False)
    if layer is None:
        return []
    below = [one for one in ground if one is not None]
    sheets = [
        Sheet(tr("layout.sheet.links"), [park, layer, *below], data.figures(LINKS), whole, legend=_legend(layer))
    ]
    for kind, about in codes("exchange_kind").items():
        rows = [row for row in data.rows(LINKS) if row["kind"] == kind]
        if rows:
            name = tr("layout.sheet.links_of", kind=about["label_" + language()])
            of_kind = maps.result(LINKS, where=f"\"kind\" = '{kind}'")
            shown = [park, of_kind, *below]
            sheets.append(Sheet(name, shown, _figures(data, rows), whole, legend=_legend(of_kind)))
    sheets += _best("layout.sheet.best_links", _links(data))
    sheets += _best("layout.sheet.ended_links", _ended(data))
    sheets += table_sheet(tr("layout.sheet.firm_benefits"), [_firms(data)])
    sheets += _targets(data, maps.store)
    sheets += _best("layout.sheet.chain_proposals", _proposals(data))
    sheets += _best("layout.sheet.chain_loops", _loops(data))
    return sheets


def amount(data, row):
    """What is carried a year, or on the mean, with its unit."""
    return next((quantity(row[name], unit, data.currency) for name, unit in AMOUNTS if row.get(name)), NONE)


def _legend(layer):
    return {layer.id(): tr("layout.links_legend")}


def _best(key, table):
    """A sheet of the first rows of a table, which says where there are more."""
    count = len(table.rows)
    name = tr(key) if count <= MOST else tr("layout.best", title=tr(key), count=MOST, all=count)
    return table_sheet(name, [replace(table, rows=table.rows[:MOST])])


def _by(rows, column):
    """Rows with the greatest value first; those without one last."""
    return sorted(rows, key=lambda row: (row.get(column) is None, -(row.get(column) or 0.0)))


def _figures(data, rows):
    """Links of each status with what they carry, and the benefit and cost of those proposed."""
    found = []
    for status, about in codes("link_status").items():
        some = [row for row in rows if row["status"] == status]
        if some:
            totals = [(sum(row.get(name) or 0.0 for row in some), unit) for name, unit in AMOUNTS]
            carried = next((quantity(total, unit, data.currency) for total, unit in totals if total), NONE)
            told = tr("layout.links_amount", count=f"{len(some):,}", amount=carried)
            found.append((about["label_" + language()], told))
    proposed = [row for row in rows if row["status"] == "proposed"]
    for name, unit in (("benefit_cur_a", "currency/a"), ("investment_cur", "currency")) if proposed else ():
        mark = " *" if any(name in (row.get("estimated") or "").split(";") for row in proposed) else ""
        total = quantity(sum(row.get(name) or 0.0 for row in proposed), unit, data.currency)
        found.append((column_label(LINKS, name), total + mark))
    best = _by(proposed, "benefit_cur_a")
    return found + [(_pair(data, row), amount(data, row)) for row in best]


def _pair(data, row):
    return f"{data.firms(row['from_enterprise_id'])} → {data.firms(row['to_enterprise_id'])}"


def _what(data, name, row):
    """The material, else the kind of what is exchanged."""
    return data.shown(name, row, "material" if row.get("material") else "kind")


def _links(data):
    """The proposed links, the best first, with what each side earns and the price that settles it."""
    rows = _by((row for row in data.rows(LINKS) if row["status"] == "proposed"), "benefit_cur_a")
    ends = ("from_enterprise_id", "to_enterprise_id")
    told = [
        (
            str(place),
            *(data.shown(LINKS, row, name) for name in ends),
            _what(data, LINKS, row),
            amount(data, row),
            *(data.cell(LINKS, row, name) for name in OF_LINK),
            quantity(row.get("price_cur_unit"), row.get("price_unit") or "", data.currency),
        )
        for place, row in enumerate(rows, 1)
    ]
    heads = [tr("layout.column.place"), *(column_label(LINKS, name) for name in ends)]
    heads += [tr("layout.column.carried"), tr("layout.column.amount")]
    heads += [data.heading(LINKS, name) for name in (*OF_LINK, "price_cur_unit")]
    shares = (0.6, 3.2, 3.2, 2.6, 1.4, 1.2, 1.5, 1.2, 1.5, 1.5, 1.5, 1.6)
    return Table(heads, told, shares, (0, *range(4, 12)))


def _ended(data):
    """Links of today that the plan lets go, with why and what takes their place."""
    columns = ("from_enterprise_id", "to_enterprise_id", "ended_reason", "ended_gain_cur_a", "replaced_by")
    rows = [row for row in data.rows(LINKS) if row["status"] == "ended"]
    told = [
        (
            row["link_id"],
            *(data.shown(LINKS, row, name) for name in columns[:2]),
            _what(data, LINKS, row),
            amount(data, row),
            *(data.cell(LINKS, row, name) for name in columns[2:4]),
            data.shown(LINKS, row, "replaced_by").replace(";", ", "),
        )
        for row in _by(rows, "ended_gain_cur_a")
    ]
    heads = [data.heading(LINKS, name) for name in ("link_id", *columns[:2])]
    heads += [tr("layout.column.carried"), tr("layout.column.amount")]
    heads += [data.heading(LINKS, name) for name in columns[2:]]
    return Table(heads, told, (1, 3, 3, 2, 1.5, 3, 1.6, 2), (4, 6))


def _firms(data):
    """What each firm earns by new links, and what the park loses where it leaves."""
    losses = {row["enterprise_id"]: row for row in data.rows("firm_loss")}
    gains = {row["enterprise_id"]: row for row in data.rows("firm_benefits")}
    rows = []
    for firm in [row["enterprise_id"] for row in _by(gains.values(), "benefit_cur_a")] + [
        row["enterprise_id"] for row in _by(losses.values(), "loss_cur_a") if row["enterprise_id"] not in gains
    ]:
        gain, loss = gains.get(firm, {}), losses.get(firm, {})
        cells = [data.cell("firm_benefits", gain, name) for name in OF_FIRM]
        rows.append((data.firms(firm), *cells, *(data.cell("firm_loss", loss, name) for name in OF_LOSS)))
    heads = [tr("layout.figure.firm"), *(data.heading("firm_benefits", name) for name in OF_FIRM)]
    heads += [data.heading("firm_loss", name) for name in OF_LOSS]
    shares = (3.2, 1, 1.6, 1.5, 1.5, 1.5, 1.6, 1.6, 1.6, 1.3, 1.9, 1.4, 3.2)
    return Table(heads, rows, shares, tuple(range(1, 12)))


def _targets(data, store):
    """The least heat and water that the park could do with, and the composite curves behind them."""
    columns = []
    for name in ("heat_targets", "water_targets"):
        row = next((row for row in data.rows(name) if row["scope"] == "park"), {})
        told = [column for column in row if column in NUMBERS[name] and row[column] is not None]
        columns.append([(column_label(name, column), data.shown(name, row, column)) for column in told])
    count = max(len(column) for column in columns)
    heat, water = ([*column, *[("", "")] * (count - len(column))] for column in columns)
    heads = (title("heat_targets"), "", title("water_targets"), "")
    sheets = table_sheet(
        tr("layout.sheet.targets"),
        [Table(heads, [(*one, *two) for one, two in zip(heat, water)], (5, 1.6, 5, 1.6), (1, 3))],
    )
    drawn = curves(data)
    if sheets and drawn:
        sheets[0].picture = store / "curves.svg"
        sheets[0].picture.write_text(drawn, encoding="utf-8")
    return sheets


def _proposals(data):
    """Sectors to invite, the most worth first, with what they would take or supply."""
    name = "chain_proposals"
    rows = sorted(data.rows(name), key=lambda row: (row["rank"], -(row["worth_cur_a"] or 0.0), row["proposal_id"]))
    told = [
        (
            *(data.shown(name, row, column) for column in OF_CHAIN),
            amount(data, row),
            *(data.cell(name, row, column) for column in ("firms", "worth_cur_a")),
            data.shown(name, row, "reason_" + language()),
        )
        for row in rows
    ]
    heads = [data.heading(name, column) for column in OF_CHAIN] + [tr("layout.column.amount")]
    heads += [data.heading(name, column) for column in ("firms", "worth_cur_a")] + [tr("layout.column.reason")]
    return Table(heads, told, (0.7, 3, 1.8, 1, 2.2, 1.5, 0.8, 1.7, 6.5), (0, 5, 6, 7))


def _loops(data):
    """Closed loops, the shorter and more valuable first, as the table has them."""
    name = "chain_loops"
    told = [
        (row["loop_id"], data.firms(row["enterprise_ids"]), *(data.cell(name, row, column) for column in OF_LOOP))
        for row in data.rows(name)
    ]
    heads = [data.heading(name, column) for column in ("loop_id", "enterprise_ids", *OF_LOOP)]
    return Table(heads, told, (1, 8, 1.2, 0.8, 1.6, 1.6, 1.6), (3, 5, 6))

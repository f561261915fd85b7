"""Names of firms in several languages: what tells them, what they make, what is none."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parkloop import resources
from parkloop.analysis.park import schema
from parkloop.analysis.park.osm import names

PLACES = frozenset({"krems", "lyon", "苏州", "schaan"})


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Hilti AG", "Hilti Werk 1"),
        ("Kemira Chemie GesmbH", "KEMIRA Chemie"),
        ("Michelin SAS - Usine Nord", "Michelin"),
        ("Industriegebiet - VOEST Alpine Krems", "Voest Alpine"),
        ("Ferrari S.p.A.", "Stabilimento Ferrari"),
        ("Philips N.V.", "Philips fabriek"),
        ("Škoda s.r.o.", "SKODA"),
        ("苏州华昌化工有限公司", "华昌化工一厂"),
        ("ОАО Северсталь", "Северсталь цех 2"),
        ("Acme Ltd.", "Acme Distribution Centre"),
        ("Müller & Söhne GmbH & Co. KG", "Müller & Söhne"),
    ],
)
def test_variants_have_the_same_words(one: str, other: str) -> None:
    assert names.core(one, PLACES) == names.core(other, PLACES) != ()


@pytest.mark.parametrize(
    "name",
    [
        "Werk 3",
        "Halle 12",
        "Tor 2",
        "C213",
        "Building 4",
        "Gewerbepark - Ost",
        "Zone industrielle Nord",
        "Plant 2",
        "工业园区",
        "Industrial Estate",
        "Bâtiment 5",
        "Polígono Industrial",
        "2号楼",
        "Krems Ost",
        "Cooling tower 3",
    ],
)
def test_what_names_no_firm(name: str) -> None:
    assert names.core(name, PLACES) == ()


@pytest.mark.parametrize(
    ("name", "sector"),
    [
        ("Chemische Fabrik Meier", "C26"), ("Usine chimique Dubois", "C26"), ("江苏化工", "C26"), ("Acme Chemicals Ltd", "C26"),
        ("Brauerei Huber", "C15"), ("Sawmill Jones", "C20"), ("Imprimerie Durand", "C23"), ("Transportbeton Süd", "C30"),
        ("宝钢", "C31"), ("Ziegelwerk", "C30"), ("Spedition Wolf", "G54"), ("Kunststofftechnik Ross", "C29"), ("Stahlbau Kern", "C33"),
        ("Maschinenbau Fink", "C34"), ("Textilwerke Ost", "C17"), ("大华纺织厂", "C17"), ("Завод Химволокно", "C26"), ("Schrott Maier", "C42"),
        ("Pharma Plus", "C27"), ("Molkerei Berg", "C14"), ("Papierfabrik", "C22"), ("Fonderie Martin", "C31"), ("Metallrecycling Ost", "C42"),
    ],
)  # fmt: skip
def test_sector_of_a_name(name: str, sector: str) -> None:
    guess = names.sector(name)
    assert guess is not None
    assert guess.code == sector
    assert 0 < guess.confidence < 1


@pytest.mark.parametrize("name", ["Meier AG", "Nova", "苏州华明"])
def test_name_without_a_sector(name: str) -> None:
    assert names.sector(name) is None


@pytest.mark.parametrize(
    "name",
    [
        "Freiwillige Feuerwehr",
        "Umspannwerk West",
        "Restaurant Krone",
        "Gemeindeverwaltung",
        "消防站",
        "实验小学",
        "Bus Station",
        "Fire Station 5",
        "École primaire",
        "Caserne de pompiers",
        "Grand Casino",
        "Hotel Post",
        "Scuola media",
        "Пожарная часть",
        "Autohaus Blum",
        "Trachtenverein",
    ],
)
def test_what_is_no_firm(name: str) -> None:
    assert names.speaks_of(name, "no")


@pytest.mark.parametrize(
    "name",
    ["Hilti AG", "Mehrweg GmbH", "Bankett Maschinen", "Pharma GmbH", "Barth Stahl", "Innotec", "Parkett Huber"],
)
def test_firm_is_not_taken_for_something_else(name: str) -> None:
    assert not names.speaks_of(name, "no")


@pytest.mark.parametrize(
    ("tags", "firm"),
    [
        ({"man_made": "works", "name": "A"}, True), ({"amenity": "restaurant", "name": "A"}, False),
        ({"highway": "bus_stop", "name": "A"}, False), ({"power": "substation", "name": "A"}, False),
        ({"shop": "supermarket", "building": "industrial"}, False), ({"amenity": "fire_station"}, False),
        ({"landuse": "industrial", "name": "A"}, True), ({"building": "yes", "name": "A"}, True),
        ({"man_made": "works", "shop": "yes"}, True), ({"disused:man_made": "works", "name": "A"}, False),
    ],
)  # fmt: skip
def test_tags_of_works(tags: dict[str, str], firm: bool) -> None:
    assert names.may_be_works(tags) is firm


def test_address_is_no_name() -> None:
    assert names.address("Poststrasse 48") and names.address("12 rue de la Paix") and names.address("中山路88号")
    assert not names.address("Werk 3") and not names.address("Q2Power AG")


@settings(deadline=None)
@given(st.text(max_size=30))
def test_folding_is_stable(name: str) -> None:
    folded = names.fold(name)
    assert names.fold(folded) == folded
    assert names.core(name) == names.core(name.upper()) or not name.isascii()


def test_tables_hold_known_codes() -> None:
    """Each table speaks of codes that the schema knows, and the words are written as they are compared."""
    codes = {column: set(schema.codes(schema.layers()[layer].columns[column])) for layer, column in [
        ("parcels", "land_use"), ("parcels", "supply_status"), ("parcels", "building_status"), ("roads", "road_class"),
        ("facilities", "utility"), ("buildings", "use"), ("enterprises", "sector")]}  # fmt: skip
    codes["exclusions"] = set(schema.codes(schema.layers()["exclusions"].columns["kind"]))
    codes["sensitive"] = set(schema.codes(schema.layers()["sensitive_areas"].columns["kind"]))
    for table, checks in {
        "osm_land": [("land_use", "land_use"), ("supply_status",) * 2, ("building_status",) * 2],
        "osm_roads": [("road_class",) * 2],
        "osm_facilities": [("utility",) * 2],
        "osm_buildings": [("use", "use")],
        "osm_exclusions": [("kind", "exclusions")],
        "osm_sensitive": [("kind", "sensitive")],
        "osm_sectors": [("sector",) * 2],
        "osm_firms": [("sector",) * 2],
    }.items():
        for row in resources.table("knowledge", table + ".csv"):
            for column, known in checks:
                assert row[column] in codes[known] | {""}, (table, row)
    for row in resources.table("knowledge", "osm_names.csv") + resources.table("knowledge", "osm_sectors.csv"):
        assert row["match"] in {"word", "start", "end", "part", "first"}, row
        assert names.fold(row["word"]), row

"""What each utility keeps away from, and how far: people, buildings, railways, roads, food works, intakes."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import geopandas as gpd
import numpy as np
import shapely

from ...park.model import Park
from ...scenario import Siting
from ...standards import Standard, Standards
from ..costs import protection
from ..shapes import CLEAR_M, land_of_firms, people_of, shapes_of
from .ground import Ground

DIRTY = ("wastewater", "solid_waste", "hazardous_waste")  # what they hold must reach neither food nor intakes
CLEAN_SECTORS = ("C13", "C14", "C15", "C27")  # food, drink, medicine
FLAME_SECTORS = ("D44",)  # boilers and substations of power and heat works
PUBLIC_USES = ("public",)
# classes of the total volume of the tanks in m3: GB 50028 table 9.2.4
LNG_M3 = {"v10": 10.0, "v30": 30.0, "v50": 50.0, "v200": 200.0, "v500": 500.0, "v1000": 1000.0, "v2000": 2000.0}


@dataclass(frozen=True)
class Clearance:
    """A distance kept from every shape of a target; ``zone`` where it is the source of land wholly barred."""

    rule: str
    target: str
    limit_m: float
    standard: Standard | None = None
    zone: str = ""

    @property
    def reach_m(self) -> float:
        """The distance with the margin that keeps sites outside whatever the rounding."""
        return self.limit_m + CLEAR_M


def clearances(utility: str, size: float, choices: Siting, standards: Standards) -> list[Clearance]:
    """The distances that a new works of ``size`` keeps, in the order they are applied."""
    found: list[tuple[str, str, Standard | None]] = []
    if utility == "gas":
        found += [("gas_clearance", target, standard) for target, standard in _gas(choices, standards)]
    else:
        found.append(("protection_distance", "people", protection(utility, size, choices, standards)))
    if utility in DIRTY:
        found.append(("incompatible", "clean", standards["siting.incompatible_m"]))
        found.append(("intake_distance", "intakes", standards["siting.intake_m"]))
    elif utility == "water":
        found.append(("incompatible", "dirty", standards["siting.incompatible_m"]))
    return [
        Clearance(rule, target, standard.value, standard)
        for rule, target, standard in found
        if standard is not None and standard.value > 0
    ]


def _gas(choices: Siting, standards: Standards) -> list[tuple[str, Standard]]:
    """GB 50028: table 6.6.3 for regulator stations by inlet pressure, table 9.2.4 for LNG by the tanks' volume."""
    if choices.gas_station == "lng":
        name = next((k for k in LNG_M3 if choices.gas_tank_m3 <= LNG_M3[k]), "v2000")
        kinds = {"people": "public", "public": "public", "buildings": "industry", "flames": "flame"}
        return [(target, standards[f"siting.gas.lng_{kind}_{name}_m"]) for target, kind in kinds.items()]
    kinds = {
        "people": "public",
        "public": "public",
        "buildings": "building",
        "railways": "railway",
        "roads": "road",
        "power": "power",
    }
    return [
        (target, standards[f"siting.gas.clearance_{kind}_{choices.gas_pressure}_m"])
        for target, kind in kinds.items()
    ]


@dataclass(frozen=True)
class Targets:
    """The shapes that distances are kept from, by name."""

    park: Park
    lands: gpd.GeoDataFrame
    ground: Ground
    standards: Standards

    def shapes(self, name: str) -> np.ndarray:
        """Shapes of a target; ``barred:<utility>:<rule>`` are the zones that bar a single utility."""
        if name.startswith("barred:"):
            _, utility, rule = name.split(":")
            zones = self.ground.barred
            return np.asarray(zones.geometry[(zones["utility"] == utility) & (zones["rule"] == rule)])
        return np.asarray(getattr(self, name))

    def barred(self, utility: str) -> list[Clearance]:
        """Zones that bar this utility alone, by rule."""
        mine = self.ground.barred[self.ground.barred["utility"] == utility]
        first = mine.drop_duplicates("rule")
        return [
            Clearance(rule, f"barred:{utility}:{rule}", 0.0, zone=source)
            for rule, source in sorted(zip(first["rule"], first["source"], strict=True))
        ]

    @cached_property
    def people(self) -> np.ndarray:
        """Sensitive areas with people in them, and housing."""
        return people_of(self.park)

    @cached_property
    def buildings(self) -> np.ndarray:
        """All buildings."""
        return shapes_of(self.park, "buildings")

    @cached_property
    def public(self) -> np.ndarray:
        """Public and high buildings."""
        rows = self.park["buildings"]
        rows = rows[rows.geometry.notna() & ~rows.geometry.is_empty]
        height = rows["height_m"].fillna(rows["storeys"] * self.standards.value("estimates.storey_height_house_m"))
        high = height > self.standards.value("siting.gas.high_rise_m")
        return np.asarray(rows.geometry[rows["use"].isin(PUBLIC_USES) | high])

    @cached_property
    def railways(self) -> np.ndarray:
        """Corridors of railways."""
        return self._excluded("railway")

    @cached_property
    def power(self) -> np.ndarray:
        """Corridors of power lines."""
        return self._excluded("power_line")

    @cached_property
    def intakes(self) -> np.ndarray:
        """Drinking-water intakes."""
        return self._excluded("water_intake")

    @cached_property
    def roads(self) -> np.ndarray:
        """Roads as wide as they are."""
        rows = self.park["roads"]
        rows = rows[rows.geometry.notna() & ~rows.geometry.is_empty & ~rows["tunnel"]]
        half = rows["width_m"].fillna(0.0).to_numpy(float) / 2
        shapes = np.asarray(rows.geometry)
        return np.where(half > 0, shapely.buffer(shapes, half, quad_segs=2, cap_style="flat"), shapes)

    @cached_property
    def clean(self) -> np.ndarray:
        """Land of food and medicine works, and waterworks that exist."""
        return np.r_[self._firms(CLEAN_SECTORS), self._works(("water",))]

    @cached_property
    def flames(self) -> np.ndarray:
        """Land of power and heat works: open flames and substations."""
        return np.r_[self._firms(FLAME_SECTORS), self._works(("heat",))]

    @property
    def dirty(self) -> np.ndarray:
        """Works of wastewater and waste: those that exist, and those chosen so far."""
        chosen = [shape for utility, shape in self.ground.sites if utility in DIRTY]
        return np.r_[self._works(DIRTY), np.array(chosen or [], dtype=object)]

    def _excluded(self, kind: str) -> np.ndarray:
        rows = self.park["exclusions"]
        shapes = rows.geometry[rows["kind"] == kind]
        return np.asarray(shapes[shapes.notna() & ~shapes.is_empty])

    def _firms(self, sectors: tuple[str, ...]) -> np.ndarray:
        rows, land = self.park["enterprises"], land_of_firms(self.park)
        names = sorted(rows["enterprise_id"][rows["sector"].isin(sectors)].astype(str))
        return np.array([land[name] for name in names if name in land] or [], dtype=object)

    def _works(self, utilities: tuple[str, ...]) -> np.ndarray:
        mine = (self.lands["origin"] == "existing") & self.lands["use_for"].isin(utilities)
        return np.asarray(self.lands.geometry[mine])

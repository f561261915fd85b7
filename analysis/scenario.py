"""Every choice a planner can make, with its default, read from TOML.

One class a step; the descriptions are what the dock and the documentation show. What a planner pins, forbids,
freezes or accepts stands here too, so that a run can be repeated from the park and the scenario alone.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from .errors import InputError
from .invalid import input_error
from .standards import Standards

LandUse = Literal[
    "industrial",
    "warehouse",
    "commercial",
    "residential",
    "public",
    "utility",
    "transport",
    "green",
    "water",
    "agricultural",
]
Utility = Literal["heat", "gas", "water", "reclaimed", "wastewater", "solid_waste", "hazardous_waste", "waste_gas"]


class Choices(BaseModel):
    """Base of all tables of a scenario: unknown names are an error, not ignored."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Intensity(Choices):
    """Land-use intensity."""

    edition: Literal["2023", "2008", "none"] = Field(
        "2023",
        description="Edition of the control indicators to check against; none checks the plan's limits only",
    )
    weighting: Literal["given", "ahp", "entropy"] = Field(
        "given",
        description="Where weights come from: given here, judgements in pairs (AHP), or the scatter of the parcels (entropy)",
    )
    classes: Literal["fixed", "natural_breaks"] = Field(
        "fixed", description="Classes of scores by fixed limits or by natural breaks in the scores"
    )
    under_used_share: float = Field(
        0.1, ge=0, le=1, description="A parcel is under-used where it could release at least this share of its land"
    )
    weight_status: float = Field(0.5, ge=0, description="Weight of goal A, land-use status")
    weight_benefit: float = Field(0.3, ge=0, description="Weight of goal B, land-use benefit")
    weight_management: float = Field(0.2, ge=0, description="Weight of goal C, management")
    weights: dict[str, float] = Field(
        default_factory=dict,
        description="Weights of sub-goals and indicators among their siblings by code (A33 = 2); equal where not given",
    )
    judgements: dict[str, float] = Field(
        default_factory=dict,
        description="Judgements in pairs for AHP (A/B = 3: A counts three times as much as B), all pairs of some siblings",
    )
    ideal: dict[str, float] = Field(
        default_factory=dict, description="Ideal values by indicator (A33 = 1.2), in the indicator's unit"
    )
    ideal_percentile: float = Field(
        80,
        ge=0,
        le=100,
        description="Percentile of the park's own parcels that is ideal where no other value is given",
    )
    random_weightings: int = Field(
        1000, ge=0, le=20_000, description="Random weightings from which the interval of each rank is taken"
    )
    class_limits: tuple[float, float, float] = Field(
        (80, 60, 40), description="Scores from which land is in the class high, good, medium"
    )
    supply_years: int = Field(
        5, ge=1, le=30, description="Years up to the base year whose mean supply gives the years that land lasts"
    )


class Links(Choices):
    """Circular links."""

    material: bool = Field(True, description="Match by-products and wastes with what other firms buy")
    heat: bool = Field(True, description="Match hot streams with cold streams")
    water: bool = Field(True, description="Match wastewater with demands for water")
    release: list[str] = Field(
        default_factory=list, description="Exchanges of today (exchange_id) that need not be kept; all others are"
    )
    exclude_enterprises: list[str] = Field(default_factory=list, description="Firms that take part in no new link")
    forbid: list[str] = Field(default_factory=list, description="Pairs that may not be linked, as GIVER>TAKER")
    material_distance_km: float = Field(
        30.0, gt=0, le=500, description="Longest haul of a material link, by road, in km"
    )
    heat_distance_km: float = Field(3.0, gt=0, le=30, description="Longest heat link, along roads, in km")
    water_distance_km: float = Field(10.0, gt=0, le=50, description="Longest water link, along roads, in km")
    min_quantity_t_a: float = Field(10.0, ge=0, description="Least quantity of a material link, in t/a")
    min_heat_kw: float = Field(100.0, ge=0, description="Least heat of a heat link, in kW")
    min_water_t_d: float = Field(10.0, ge=0, description="Least flow of a water link, in t/d")
    approach_k: float = Field(
        20.0,
        ge=0,
        le=100,
        description="Smallest temperature difference from hot to cold over both exchangers, in K",
    )
    heat_step_k: float = Field(
        5.0, gt=0, le=50, description="Widest temperature step of a cold stream's segments, in K"
    )
    split: Literal["standalone", "halves"] = Field(
        "standalone",
        description="How both firms share a link's benefit: by what each pays today, or in halves; loops by Shapley value",
    )
    treat_water: bool = Field(True, description="Let wastewater be treated for reuse where that pays")
    mixing: bool = Field(False, description="Judge a demand by the mean quality of its inlet, not by each source")
    own_water: bool = Field(True, description="Let firms reuse their own wastewater, too")
    reclaimed: bool = Field(True, description="Offer reclaimed water of existing or new central works to demands")
    rain_mm_a: float | None = Field(
        None, ge=0, le=5000, description="Rainfall in mm a year; rain is not harvested where empty"
    )
    rain_months: list[Annotated[float, Field(ge=0)]] = Field(
        default_factory=list,
        description="Rain of January to December in any unit, which sizes the tanks; even over the year where empty",
    )
    rain_paved: bool = Field(False, description="Harvest rain from open yards as well as from roofs")
    sea_tds_mg_l: float | None = Field(
        None,
        gt=0,
        le=300_000,
        description="Dissolved solids of sea or brackish water on offer, in mg/L; none where empty",
    )
    sea_price_cur_t: float | None = Field(
        None, ge=0, description="Price of sea or brackish water at the firm, a tonne; the usual one where empty"
    )
    loops: int = Field(100, ge=0, le=5000, description="Most closed loops listed; 0 for none")
    newcomers: int = Field(10, ge=0, le=100, description="Sectors to invite that are listed; 0 for none")
    newcomer_output_mcny: float = Field(
        500.0, gt=0, le=100_000, description="Greatest output of a firm to be invited, in million CNY a year"
    )
    loss_firms: int = Field(
        10,
        ge=0,
        le=1000,
        description="Firms whose leaving is planned anew, those with most benefit first; the loss of the others is bounded",
    )
    thorough: bool = Field(
        False, description="Search large groups of links too until the gap is small or the time is up (slower)"
    )
    discount_rate: float = Field(0.08, ge=0, le=0.5, description="Discount rate, 1/a")
    life_a: float = Field(15.0, ge=1, le=60, description="Years over which an investment in a link is spread")
    gap: float = Field(
        1e-4, ge=0, le=0.1, description="Relative gap at which the search for the best links may stop"
    )


class Clusters(Choices):
    """Clusters by relevance."""

    weight_actual: float = Field(0.35, ge=0, description="Weight of exchanges that exist today")
    weight_possible: float = Field(0.25, ge=0, description="Weight of exchanges that could be")
    weight_sector: float = Field(0.15, ge=0, description="Weight of related sectors")
    weight_distance: float = Field(0.15, ge=0, description="Weight of closeness along roads")
    weight_utilities: float = Field(0.10, ge=0, description="Weight of utilities that both need and could share")
    distance_scale_m: float = Field(500, gt=0, description="Road distance at which closeness has fallen to 37 %")
    neighbours: int = Field(8, ge=1, le=50, description="How many neighbours of each kind a firm is compared with")
    approach_k: float = Field(
        10, ge=0, le=100, description="Least temperature difference of a possible heat exchange"
    )
    method: Literal["leiden", "spectral", "agglomerative"] = Field(
        "leiden", description="How firms are grouped; the other methods are told beside it"
    )
    count: int | None = Field(
        None, ge=1, le=1000, description="Number of groups; free where empty, as the ties make them"
    )
    contiguous: bool = Field(
        False, description="Groups must hang together on the ground, over gaps no wider than gap_m"
    )
    resolution: float | None = Field(
        None, gt=0, le=10, description="Resolution of the communities; chosen by stability where empty"
    )
    repeats: int = Field(
        20, ge=2, le=1000, description="How many times ties are bootstrapped to see how stable groups are"
    )
    shake: float = Field(
        0.3,
        gt=0,
        le=1,
        description="How far weights are shaken to choose the resolution: relative standard deviation",
    )
    random_graphs: int = Field(
        20, ge=0, le=1000, description="Random graphs that groups are compared with; 0 leaves the test out"
    )
    bridge_share: float = Field(
        0.4, ge=0, le=1, description="A firm is a bridge where this share of its ties leads outside"
    )
    core_strength: float = Field(
        0.7, gt=0, le=1, description="A firm is core from this share of the ties of its group's most tied firm"
    )
    gap_m: float = Field(40, ge=0, le=500, description="Widest road or strip that a cluster's area closes over")


class Siting(Choices):
    """Central facilities. Places are named ``utility:id`` or ``id``, the id of a parcel, candidate site or facility."""

    utilities: list[Utility] = Field(
        default=["heat", "gas", "water", "reclaimed", "wastewater", "solid_waste", "hazardous_waste", "waste_gas"],
        description="Utilities to find sites for",
    )
    horizon: Literal["today", "near", "long"] = Field(
        "near", description="Demand to size for: today, with near-term growth, with near- and long-term growth"
    )
    settle: Literal["none", "near", "long"] = Field(
        "long",
        description="When vacant land that no growth row names is settled by its planned sector: near or long term",
    )
    settle_pct: float = Field(
        70.0, ge=0, le=100, description="Share of that vacant land which is taken to be settled, in percent"
    )
    single_source: bool = Field(True, description="Each firm is served by one site of a utility")
    most_sites: int = Field(8, ge=1, le=50, description="Most sites of one utility")
    most_sites_of: dict[Utility, Annotated[int, Field(ge=1, le=50)]] = Field(
        default_factory=dict, description="Most sites of a utility (heat = 2), where it differs from most_sites"
    )
    radius_m: dict[Utility, Annotated[float, Field(gt=0, le=200_000)]] = Field(
        default_factory=dict,
        description="Longest way along roads from a site to whom it serves (wastewater = 5000), in m; the standard's where not given",
    )
    existing_first: bool = Field(
        True, description="Nothing new is built where existing facilities with spare capacity can serve everyone"
    )
    redundant: list[Utility] = Field(
        default=[], description="Utilities that must still serve everyone when any one of their sites is out (n-1)"
    )
    outside_park: bool = Field(False, description="New sites may lie outside the park boundary")
    most_candidates: int = Field(300, ge=1, le=5000, description="Most pieces of land looked at, the largest first")
    pin: list[str] = Field(default=[], description="Places that must be chosen")
    forbid: list[str] = Field(default=[], description="Places that must not be chosen")
    accept: list[str] = Field(
        default=[], description="Existing facilities kept although they lie wholly inside an exclusion"
    )
    gas_pressure: Literal["hp_a", "hp_b", "shp_a", "shp_b", "mp_a", "mp_b"] = Field(
        "mp_a", description="Inlet pressure class of gas stations, which sets their clearances"
    )
    gas_station: Literal["regulator", "lng"] = Field(
        "regulator", description="Kind of gas station, which sets its clearances: regulator station or LNG station"
    )
    gas_tank_m3: float = Field(50.0, gt=0, le=2000, description="Volume of all tanks of an LNG station, in m3")
    zoned_for: list[LandUse] = Field(
        default=["utility", "industrial", "warehouse"],
        description="Planned uses of land on which a new works may stand; none lifts the rule",
    )
    solid_waste_kind: Literal["sorting", "incinerator", "landfill"] = Field(
        "sorting", description="Kind of the solid-waste works, which sets its protection distance"
    )
    hazardous_screening: bool = Field(
        True,
        description="Screen hazardous-waste sites by the historic 800 m, not in force; the impact assessment decides",
    )
    low_ground_pct: float = Field(
        20.0,
        ge=0,
        le=100,
        description="A wastewater works lies below this percentile of the heights it serves; 100 lifts the rule",
    )
    interest_pct: float = Field(6.0, ge=0, le=30, description="Rate of interest of the annual cost, in percent")
    years: int = Field(20, ge=1, le=60, description="Years over which an investment is spread")
    exposure_cny_person_a: float = Field(
        100.0, ge=0, description="What a person exposed to a nuisance counts for a year, in CNY; 0 for none"
    )
    dispersion: Literal["isc3_rural", "isc3_urban", "briggs_rural", "briggs_urban", "gbt3840"] = Field(
        "isc3_rural", description="Dispersion coefficients of plumes"
    )
    stability: Literal["neutral", "mixed"] = Field(
        "neutral", description="Stability of the air in mean concentrations; the worst hour looks at every class"
    )
    heat_fuel: Literal["gas", "coal"] = Field(
        "gas", description="Fuel of new heat works, which sets their emissions"
    )
    co2_cny_t: float = Field(100.0, ge=0, description="What a tonne of CO2 counts, in CNY; 0 for nothing")
    front_points: int = Field(
        4, ge=0, le=30, description="Most points of the front of cost, exposure and CO2 of a utility; 0 for none"
    )
    alternatives: int = Field(5, ge=0, le=20, description="Next best sets of sites that are listed; 0 for none")
    thorough: bool = Field(
        False, description="Seek fronts, alternatives and sensitivity in large parks too (slower)"
    )
    sensitivity_pct: float = Field(
        20.0, ge=0, le=90, description="By how much demand and prices are moved up and down; 0 for not at all"
    )
    weight_near: float = Field(4.0, ge=0, description="Weight of short ways in the suitability of a site")
    weight_gentle: float = Field(2.0, ge=0, description="Weight of gentle slope in the suitability of a site")
    weight_road: float = Field(2.0, ge=0, description="Weight of road access in the suitability of a site")
    weight_exposure: float = Field(2.0, ge=0, description="Weight of low exposure in the suitability of a site")
    weight_wind: float = Field(
        2.0,
        ge=0,
        description="Weight of lying on the right side for the wind in the suitability of a site",
    )
    weight_room: float = Field(1.0, ge=0, description="Weight of room to extend in the suitability of a site")
    weight_shape: float = Field(1.0, ge=0, description="Weight of a compact shape in the suitability of a site")
    weight_price: float = Field(1.0, ge=0, description="Weight of cheap land in the suitability of a site")


class Networks(Choices):
    """Networks."""

    trunk_factor: float = Field(2.0, ge=0, description="Cost of a metre in a trunk road; 0 forbids pipes there")
    path_factor: float = Field(1.1, ge=0, description="Cost of a metre in a path or track; 0 forbids pipes there")
    bridge_factor: float = Field(3.0, ge=0, description="Cost of a metre on a bridge; 0 forbids pipes there")
    tunnel_factor: float = Field(0.0, ge=0, description="Cost of a metre in a tunnel; 0 forbids pipes there")
    lead_warning_m: float = Field(400.0, gt=0, description="A connection longer than this is reported, in m")

    def corridor_factors(self) -> dict[str, float]:
        """Cost of a metre relative to an ordinary street, by road class, ``bridge`` and ``tunnel``."""
        return {
            "trunk": self.trunk_factor,
            "path": self.path_factor,
            "bridge": self.bridge_factor,
            "tunnel": self.tunnel_factor,
        }


class Outcomes(Choices):
    """Outcomes."""

    start_year: int | None = Field(
        None, ge=1990, le=2100, description="First year of building; the year after the base year where not given"
    )
    build_years_links: int = Field(1, ge=1, le=20, description="Years to build a group of links")
    build_years_works: int = Field(2, ge=1, le=20, description="Years to build works and networks")


class Scenario(Choices):
    """A scenario: a name, a seed and the choices for each step."""

    name: str = Field("base", description="Name shown in the dock and the report")
    seed: int = Field(1, description="Seed of everything that draws random numbers")
    time_limit_s: float = Field(60.0, gt=0, description="Safety net for one optimisation, in seconds")
    standards: dict[str, float] = Field(default_factory=dict, description="Numbers that replace a standard's")
    intensity: Intensity = Intensity()
    links: Links = Links()
    clusters: Clusters = Clusters()
    siting: Siting = Siting()
    networks: Networks = Networks()
    outcomes: Outcomes = Outcomes()

    def thresholds(self) -> Standards:
        """The standards with this scenario's replacements."""
        return Standards(self.standards)


def read_scenario(path: str | Path | None) -> Scenario:
    """Read a scenario from a TOML file; without one, the defaults.

    Raises
    ------
    InputError
        The file cannot be read, is not TOML, or names a choice that does not exist or is out of range.
    """
    if path is None:
        return Scenario()
    try:
        data = tomllib.loads(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError.of("scenario.unreadable", layer=str(path), reason=error.strerror or str(error)) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError.of("scenario.not_toml", layer=str(path), reason=str(error)) from None
    try:
        scenario = Scenario.model_validate(data)
    except ValidationError as error:
        raise input_error(error, Scenario, Path(path)) from None
    scenario.thresholds()
    return scenario

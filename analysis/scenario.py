"""Every choice a planner can make, with its default, read from TOML.

One class a step; the descriptions are what the dock and the documentation show. What a planner pins, forbids,
freezes or accepts stands here too, so that a run can be repeated from the park and the scenario alone.
"""

from __future__ import annotations

import tomllib
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from .errors import Finding, InputError
from .standards import Standards


class Choices(BaseModel):
    """Base of all tables of a scenario: unknown names are an error, not ignored."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Intensity(Choices):
    """Land-use intensity."""


class Links(Choices):
    """Circular links."""


class Clusters(Choices):
    """Clusters by relevance."""


class Siting(Choices):
    """Central facilities."""


class Networks(Choices):
    """Networks."""


class Outcomes(Choices):
    """Outcomes."""


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
        raise InputError(
            *(
                Finding(
                    "scenario.bad_choice",
                    layer=Path(path).name,
                    column=".".join(str(part) for part in problem["loc"]),
                    values={"reason": problem["msg"]},
                )
                for problem in error.errors()
            )
        ) from None
    scenario.thresholds()
    return scenario

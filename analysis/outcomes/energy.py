"""Energy in coal equivalent (GB/T 2589-2020) and the carbon dioxide of it."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ..energy import MWH_GJ, POWER_AND_HEAT, carbon_t_gj
from ..errors import Finding
from ..links.relief import BURNT
from ..park.model import estimated
from .balance import Change, Inputs


def balances(data: Inputs, saved: pd.DataFrame) -> dict[str, Change]:
    """``energy`` in tce/a and ``co2`` in t/a; ``saved`` is what ``spared`` gives."""
    use = data.park["energy_use"]
    tce = data.standards.value("energy.coal_equivalent")
    power_gj, power_co2 = _power(data)
    if use.empty:
        data.findings.append(Finding("outcomes.no_layer", "warning", "energy_use"))
        proposed, ended = data.of("proposed"), data.of("ended")
        energy, carbon = (
            float(proposed[column].sum() - ended[column].sum()) if len(data.links) else 0.0
            for column in ("energy_gj_a", "co2_t_a")
        )
        energy, carbon = energy + power_gj, carbon + power_co2
        return {"energy": Change(None, None, 1.0, -energy / tce), "co2": Change(None, None, 1.0, -carbon)}
    amount = use["energy_gj_a"].fillna(0.0).to_numpy()
    counted = amount * outside_share(data)
    factor = (
        use["carrier"].map(lambda carrier: carbon_t_gj(data.park, data.standards, carrier)).to_numpy(dtype=float)
    )
    guess = estimated(use, "energy_gj_a").to_numpy()
    energy, carbon = counted.sum() / tce, (counted * factor).sum()
    return {
        "energy": Change(energy, energy - (saved["energy_gj_a"].sum() + power_gj) / tce, _share(counted, guess)),
        "co2": Change(carbon, carbon - saved["co2_t_a"].sum() - power_co2, _share(counted * factor, guess)),
    }


def _power(data: Inputs) -> tuple[float, float]:
    """GJ/a and CO2 (t/a) that power from waste pressure spares: electricity at its equivalent value less fuel for heat."""
    best = data.recovered()
    if best.empty:
        return 0.0, 0.0
    fuel = float(best["heat_gj_a"].sum()) / data.standards.value("energy.boiler_efficiency")
    return float(best["electricity_mwh_a"].sum()) * MWH_GJ - fuel, float(best["co2_t_a"].sum())


def _share(size: np.ndarray, guess: np.ndarray) -> float:
    total = float(size.sum())
    return float(size[guess].sum() / total) if total else 0.0


def outside_share(data: Inputs) -> np.ndarray:
    """Share of each row of ``energy_use`` that comes from outside the park.

    Heat that firms buy comes first from the heat and power firms of the park, as far as their fuel reaches: it is counted
    with that fuel and not again.
    """
    use = data.park["energy_use"]
    firms = data.park["enterprises"].set_index("enterprise_id")["sector"]
    works = (use["enterprise_id"].map(firms) == POWER_AND_HEAT).to_numpy()
    carrier, amount = use["carrier"].to_numpy(), use["energy_gj_a"].fillna(0.0).to_numpy()
    fuel = float(amount[works & np.isin(carrier, BURNT) & (carrier != "heat")].sum())
    bought = (carrier == "heat") & ~works
    heat = float(amount[bought].sum())
    inside = min(heat, fuel * data.standards.value("outcomes.heat_delivered"))
    if inside > 0:
        data.findings.append(Finding("outcomes.heat_inside", "info", "energy_use", values={"heat": inside}))
    return np.where(bought, 1 - inside / heat if heat else 1.0, 1.0)


def spared(data: Inputs) -> pd.DataFrame:
    """By firm: energy_gj_a and co2_t_a that proposed links spare of the fuel it records, and the share of that fuel."""
    proposed = data.of("proposed")
    use = data.park["energy_use"]
    burnt = use[use["carrier"].isin(BURNT)].groupby("enterprise_id")["energy_gj_a"].sum()
    if data.links.empty:
        return pd.DataFrame({"energy_gj_a": [], "co2_t_a": [], "share": []}, dtype=float)
    total = proposed.groupby("to_enterprise_id")[["energy_gj_a", "co2_t_a"]].sum()
    total = total[total["energy_gj_a"] > 0]
    recorded = burnt.reindex(total.index).fillna(0.0)
    part = (recorded / total["energy_gj_a"]).clip(upper=1.0)
    for firm, lost in (total["energy_gj_a"] * (1 - part)).items():
        if lost > 1e-6 * total["energy_gj_a"].max() and len(use):
            data.findings.append(
                Finding(
                    "outcomes.unrecorded_fuel", "warning", "energy_use", str(firm), values={"energy": float(lost)}
                )
            )
    kept = total.mul(part, axis=0)
    gone = data.of("ended").groupby("to_enterprise_id")[["energy_gj_a", "co2_t_a"]].sum()
    kept = kept.sub(gone[gone["energy_gj_a"] > 0], fill_value=0.0)  # a link that ends is made up for by fuel again
    recorded = recorded.reindex(kept.index).fillna(0.0)
    share = (kept["energy_gj_a"] / recorded.where(recorded > 0)).fillna(0.0)
    return kept.assign(share=share)

"""``python -m benchmarks FAMILY``: one family of measurements a module."""

from __future__ import annotations

import argparse

from benchmarks import cflp, clusters, exchanges, land_use, links, pinch, plume, pmedian, siting, water, whole_run


def main() -> None:
    """Choose the family and run it."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    families = parser.add_subparsers(dest="family", required=True)
    whole_run.add_arguments(families.add_parser("run", help="the whole run on synthetic parks of growing size"))
    land_use.add_arguments(families.add_parser("land-use", help="sharing buildings among parcels; the whole step"))
    exchanges.add_arguments(families.add_parser("exchanges", help="who took a by-product, from giver and words"))
    pinch.add_arguments(families.add_parser("pinch", help="heat targets beside published ones"))
    water.add_arguments(families.add_parser("water", help="water targets beside published ones"))
    links.add_arguments(families.add_parser("links", help="circular links of a large park, beside HiGHS alone"))
    clusters.add_arguments(
        families.add_parser("clusters", help="groups in graphs where they are planted; 2,000 firms")
    )
    cflp.add_arguments(families.add_parser("cflp", help="capacitated location, single source, beside HiGHS alone"))
    siting.add_arguments(families.add_parser("siting", help="the siting step on a large made park"))
    plume.add_arguments(
        families.add_parser("plume", help="plumes and protection distances beside published values")
    )
    pmedian.add_arguments(families.add_parser("pmedian", help="p-median beside published optima and spopt"))
    arguments = parser.parse_args()
    arguments.measure(arguments)


if __name__ == "__main__":
    main()

"""Numerics on plain arrays: no geodata, no files.

- ``milp``: mixed-integer programmes on HiGHS with named status, bound and gap.
- ``location``: capacitated facility location with several sizes a site, split or single source (``location_model`` the
  problem, ``location_milp`` the strong formulation, ``location_lagrange`` bound and reduced-cost fixing,
  ``location_search`` plans and local search).
- ``steiner``: trees in a graph.

Every answer carries objective, bound, gap and status, and can be cancelled.
"""

"""The layout report: the run of a park as a set of sheets in one PDF."""

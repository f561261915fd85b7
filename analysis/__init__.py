"""The core: a park in, results out. Nothing here imports QGIS."""

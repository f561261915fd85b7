"""The QGIS side of ParkLoop: PyQGIS and the standard library only, Python 3.9 syntax."""

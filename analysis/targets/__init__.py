"""Targets: the least heating, cooling, fresh water and wastewater that any design could reach, before it is made."""

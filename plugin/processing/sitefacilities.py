"""Algorithm ``parkloop:sitefacilities``."""

from qgis.core import QgsProcessingParameterEnum, QgsProcessingParameterNumber, QgsProcessingParameterString

from ...resources import codes, text, texts
from ..dock.typed import parts_of, table_of
from ..texts import language
from .step import StepAlgorithm

# the planner's first choices, by the name that they have in a scenario
HORIZON = ("today", "near", "long")
SEVERAL = ("utilities", "redundant")
LISTS = ("pin", "forbid")
TYPED = {"radius_m": "float", "most_sites_of": "int"}
NUMBERS = {"front_points": (0, 30), "alternatives": (0, 20)}


class SiteFacilities(StepAlgorithm):
    """Where the central facilities go, and how big they are."""

    ID = "sitefacilities"
    STEPS = ("siting",)
    CHOICES = "siting"
    TABLES = (
        *("sites", "site_candidates", "site_service", "service_areas", "exclusion_zones", "protection_zones"),
        *("plume_contours", "site_front", "site_alternatives", "site_sensitivity", "site_phases", "site_outages"),
        *("site_reach", "site_exposure", "site_protection", "wind_rose"),
    )
    SHOWN = ("sites", "site_candidates")

    def initAlgorithm(self, configuration=None):
        super().initAlgorithm(configuration)
        words = texts(language())
        named = [row["label_" + language()] for row in codes("utility").values()]
        for name in SEVERAL:
            parameter = QgsProcessingParameterEnum(
                name.upper(), _label(name), named, allowMultiple=True, optional=True
            )
            self.add(parameter, "siting_choice")
        labels = [words[f"choice.siting.horizon.{option}"] for option in HORIZON]
        self.add(QgsProcessingParameterEnum("HORIZON", _label("horizon"), labels, optional=True), "siting_choice")
        for name in LISTS:
            parameter = QgsProcessingParameterString(name.upper(), _label(name), optional=True)
            parameter.setMetadata({"widget_wrapper": {"placeholder": words["plugin.siting.places_example"]}})
            self.add(parameter, "siting_places")
        for name in TYPED:
            parameter = QgsProcessingParameterString(name.upper(), _label(name), optional=True)
            self.add(parameter, "siting_table", advanced=True)
        for name, (low, high) in NUMBERS.items():
            parameter = QgsProcessingParameterNumber(
                name.upper(), _label(name), optional=True, minValue=low, maxValue=high
            )
            self.add(parameter, "siting_choice", advanced=True)

    def chosen(self, parameters, context):
        chosen, known = {}, list(codes("utility"))
        for name in SEVERAL:
            if parameters.get(name.upper()):  # an empty one would be read as the first
                places = self.parameterAsEnums(parameters, name.upper(), context)
                chosen[name] = [known[place] for place in places]
        if parameters.get("HORIZON") is not None:
            chosen["horizon"] = HORIZON[self.parameterAsEnum(parameters, "HORIZON", context)]
        for name in LISTS:
            places = parts_of(self.parameterAsString(parameters, name.upper(), context))
            if places:
                chosen[name] = places
        for name, kind in TYPED.items():
            typed = self.parameterAsString(parameters, name.upper(), context)
            if typed:
                chosen[name] = table_of(typed, kind)
        for name in NUMBERS:
            if parameters.get(name.upper()) is not None:
                chosen[name] = self.parameterAsInt(parameters, name.upper(), context)
        return chosen


def _label(name):
    return text(f"choice.siting.{name}", language())

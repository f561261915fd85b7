"""Algorithm ``parkloop:landintensity``."""

from qgis.core import QgsProcessingParameterEnum, QgsProcessingParameterNumber, QgsProcessingParameterString

from ...resources import text, texts
from ..dock.typed import table_of
from ..texts import language
from .step import StepAlgorithm

# the planner's first choices, by the name that they have in a scenario
OPTIONS = {
    "edition": ("2023", "2008", "none"),
    "weighting": ("given", "ahp", "entropy"),
    "classes": ("fixed", "natural_breaks"),
}
TYPED = ("weights", "judgements", "ideal")
NUMBER = "random_weightings"


class LandIntensity(StepAlgorithm):
    """How intensively the land is used, and which land is asleep."""

    ID = "landintensity"
    STEPS = ("intensity",)
    CHOICES = "intensity"
    TABLES = (
        "intensity_parcels",
        "intensity_checks",
        "intensity_park",
        "intensity_groups",
        "intensity_enterprises",
        "intensity_potential",
        "intensity_weights",
    )
    SHOWN = ("intensity_parcels",)

    def initAlgorithm(self, configuration=None):
        super().initAlgorithm(configuration)
        words = texts(language())
        for name, options in OPTIONS.items():
            labels = [words.get(f"choice.intensity.{name}.{option}", option) for option in options]
            parameter = QgsProcessingParameterEnum(name.upper(), _label(name), labels, optional=True)
            self.add(parameter, "intensity_choice")
        for name in TYPED:
            parameter = QgsProcessingParameterString(name.upper(), _label(name), optional=True)
            parameter.setMetadata({"widget_wrapper": {"placeholder": words[f"choice.intensity.{name}.example"]}})
            self.add(parameter, "intensity_table", advanced=True)
        count = QgsProcessingParameterNumber(
            NUMBER.upper(), _label(NUMBER), optional=True, minValue=0, maxValue=20_000
        )
        self.add(count, "intensity_choice", advanced=True)
        # local limits are an input that a planner looks for here
        limits = self.parameterDefinition("LAND_LIMITS")
        limits.setFlags(limits.flags() & ~type(limits).Flag.FlagAdvanced)

    def chosen(self, parameters, context):
        chosen = {}
        for name, options in OPTIONS.items():
            if parameters.get(name.upper()) is not None:
                chosen[name] = options[self.parameterAsEnum(parameters, name.upper(), context)]
        for name in TYPED:
            typed = self.parameterAsString(parameters, name.upper(), context)
            if typed:
                chosen[name] = table_of(typed, "float")
        if parameters.get(NUMBER.upper()) is not None:
            chosen[NUMBER] = self.parameterAsInt(parameters, NUMBER.upper(), context)
        return chosen


def _label(name):
    return text(f"choice.intensity.{name}", language())

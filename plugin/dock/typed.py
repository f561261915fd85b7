"""What a person types for lists and tables, as the engine wants it."""


def parts_of(text):
    """The parts of a list that a person typed."""
    return [part.strip() for part in text.replace("；", ";").split(";") if part.strip()]


def table_of(text, item):
    """The table that a person typed: ``A33=2; B11=1.5``, full-width signs allowed."""
    pairs = (part.replace("＝", "=").partition("=") for part in parts_of(text))
    return {key.strip(): of_kind(value, item) for key, _, value in pairs}


def of_kind(text, kind):
    """A number only where one is wanted: an id may look like one."""
    if kind not in ("int", "float"):
        return text.strip()
    try:
        return int(text) if kind == "int" else float(text)
    except ValueError:
        return text.strip()

"""Colors that shoppers know by name."""

AXES = {"color", "colour"}
SWATCHES = {
    "beige": "#e4d8c0",
    "black": "#1b1b1d",
    "blue": "#2f5fb3",
    "brown": "#6f4a31",
    "charcoal": "#3d4045",
    "coral": "#f0745f",
    "cream": "#f3ead7",
    "gold": "#c9a24a",
    "gray": "#8d9095",
    "green": "#3d8a54",
    "grey": "#8d9095",
    "ivory": "#f6f1e3",
    "khaki": "#a89b73",
    "lavender": "#b9a7d8",
    "light blue": "#9cc3e6",
    "light gray": "#c9cbce",
    "matte black": "#2a2a2c",
    "mint": "#a9dcc3",
    "navy": "#1f2f52",
    "olive": "#6d7143",
    "orange": "#ea7a2c",
    "pink": "#ec9ab4",
    "purple": "#6f4a93",
    "red": "#c33030",
    "sand": "#d8c6a3",
    "silver": "#b9bdc2",
    "stainless steel": "#b3b7ba",
    "stone": "#bdb5a6",
    "teal": "#2c7f82",
    "white": "#fbfbfa",
    "yellow": "#f0c93c",
}


def is_color(axis: str) -> bool:
    return axis.lower() in AXES


def swatch(axis: str, value: str) -> str:
    """Return the color of an option, or nothing where the name says none."""
    return SWATCHES.get(value.lower(), "") if is_color(axis) else ""

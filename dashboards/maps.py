"""Maps: spots on the ground, with their names and in the colours of their states."""

from grafana_foundation_sdk.builders import geomap
from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.models import common as look
from grafana_foundation_sdk.models import geomap as geo

from dashboards.panels import Ask, Says, Size, placed


class Layer(Builder[look.MapLayerOptions]):
    """A layer of a map; the SDK has a model for it and no builder."""

    def __init__(self, made: look.MapLayerOptions) -> None:
        self._made = made

    def build(self) -> look.MapLayerOptions:
        return self._made


def worldmap(says: Says, size: Size, *asks: Ask, layers: tuple[Layer, ...]) -> geomap.Panel:
    """A map that shows all that is on it."""
    view = geomap.MapViewConfig().id(geo.MapCenterID.FIT).all_layers(True).zoom(6).padding(10)
    panel = (
        geomap.Panel()
        .view(view)
        .controls(geomap.ControlsOptions().show_zoom(True).mouse_wheel_zoom(True).show_attribution(True))
        .basemap(Layer(look.MapLayerOptions("default", "Ground")))
        .layers(list(layers))
        .tooltip(geomap.TooltipOptions().mode(geo.TooltipMode.DETAILS))
    )
    return placed(panel, says, size, asks)


def spots(title: str, lat: str, lon: str, *, label: str = "", color: str = "", width: int = 7) -> Layer:
    """A layer of spots, coloured by the column `color` if there is one."""
    style: dict[str, object] = {
        "size": {"fixed": width, "min": 2, "max": 15},
        "opacity": 0.9,
        "symbol": {"mode": "fixed", "fixed": "img/icons/marker/circle.svg"},
        "color": {"field": color, "fixed": "blue"} if color else {"fixed": "blue"},
    }
    if label:
        style["text"] = {"mode": "field", "field": label, "fixed": ""}
        style["textConfig"] = {"fontSize": 12, "offsetX": 0, "offsetY": 14, "textAlign": "center"}
    place = look.FrameGeometrySource(look.FrameGeometrySourceMode.COORDS, latitude=lat, longitude=lon)
    config = {"style": style, "showLegend": False}
    return Layer(look.MapLayerOptions("markers", title, config=config, location=place, tooltip=True))

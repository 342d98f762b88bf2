"""Where a place is: WGS 84 degrees outside, metres of a conformal projection inside.

In Mercator's projection all directions are stretched alike, by 1 / cos(latitude). So the nearest in the plane are the
nearest on the ground wherever the latitude hardly changes: within 100 km in China the order is right to about 1 %.
That lets PostgreSQL's own GiST index on points answer who is nearest, without PostGIS.
"""

from dataclasses import dataclass
from math import asin, atan, cos, exp, log, pi, radians, sin, sqrt, tan

from backend.errors import FieldProblem, Invalid, Text

EARTH = 6_371_008.8
"""Mean radius in metres (IUGG)."""
CHINA = ((73.0, 136.0), (3.0, 54.0))
"""Degrees of longitude and latitude between which places lie."""

NOT_HERE = Text("坐标须在中国境内。", "The coordinates have to lie in China.")


@dataclass(frozen=True, slots=True)
class Spot:
    """A point in degrees (WGS 84)."""

    longitude: float
    latitude: float

    def checked(self, *path: str | int) -> "Spot":
        """Itself. Raises ``Invalid`` naming ``path`` outside of China."""
        (west, east), (south, north) = CHINA
        if not (west <= self.longitude <= east and south <= self.latitude <= north):
            raise Invalid(NOT_HERE, fields=(FieldProblem(path, NOT_HERE),))
        return self

    @property
    def x(self) -> float:
        """Metres eastwards in the projection."""
        return EARTH * radians(self.longitude)

    @property
    def y(self) -> float:
        """Metres northwards in the projection."""
        return EARTH * log(tan(pi / 4 + radians(self.latitude) / 2))

    @property
    def stretch(self) -> float:
        """Metres of the projection per metre on the ground here."""
        return 1 / cos(radians(self.latitude))

    def metres_to(self, x: float, y: float) -> int:
        """Metres on the ground (great circle) to a point of the projection."""
        latitude = 2 * atan(exp(y / EARTH)) - pi / 2
        longitude = x / EARTH
        north = sin((latitude - radians(self.latitude)) / 2)
        east = sin((longitude - radians(self.longitude)) / 2)
        part = north * north + cos(radians(self.latitude)) * cos(latitude) * east * east
        return round(2 * EARTH * asin(sqrt(min(1.0, part))))

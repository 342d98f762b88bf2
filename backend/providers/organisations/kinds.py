"""What there is to offer, which licence each kind wants, and which changes the law wants looked at first."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from backend.casework.definitions import Basis, Standing
from backend.errors import Text


class LicenceKind(StrEnum):
    """资质: what an organisation is licensed, filed or registered for."""

    ELDERLY_CARE = "ELDERLY_CARE"
    """养老机构备案"""
    FOOD = "FOOD"
    """食品经营许可"""
    SOCIAL_ORGANISATION = "SOCIAL_ORGANISATION"
    """社会组织登记: volunteers, social work, counselling"""
    FUNERAL = "FUNERAL"
    """殡葬服务机构批准"""
    CEMETERY = "CEMETERY"
    """公墓、骨灰存放设施批准"""
    CHILD_WELFARE = "CHILD_WELFARE"
    """儿童福利机构登记"""


class PlaceKind(StrEnum):
    """社会资源: what a citizen looks for."""

    CARE_HOME = "CARE_HOME"
    """养老院"""
    DAY_CARE = "DAY_CARE"
    """日间照料"""
    HOME_CARE = "HOME_CARE"
    """上门照护"""
    MEAL_SERVICE = "MEAL_SERVICE"
    """助餐"""
    BATHING_SERVICE = "BATHING_SERVICE"
    """助浴"""
    VOLUNTEERS = "VOLUNTEERS"
    """志愿服务队"""
    COUNSELLING = "COUNSELLING"
    """心理、婚姻家庭辅导"""
    FUNERAL_HOME = "FUNERAL_HOME"
    """殡仪馆"""
    CEMETERY = "CEMETERY"
    """公墓"""
    COLUMBARIUM = "COLUMBARIUM"
    """骨灰堂"""
    CHILD_WELFARE_HOME = "CHILD_WELFARE_HOME"
    """儿童福利院"""


@dataclass(frozen=True, slots=True)
class KindRule:
    """One kind of place: the licences of which one is enough, and what is reviewed before it shows."""

    name: Text
    licences: frozenset[LicenceKind]
    basis: Basis
    reviewed: frozenset[str] = frozenset()
    """Parts of a listing whose change an officer looks at first; a new listing then, too. Empty: nothing is."""


def _basis(zh: str, en: str, article: str = "") -> Basis:
    return Basis(Text(zh, en), article, Standing.UNVERIFIED)


_CARE = _basis("养老机构管理办法（民政部令第66号）", "Measures on care homes (order 66 of the ministry)")
_MEALS = _basis("食品安全法", "Food Safety Law", "35")
_VOLUNTEERS = _basis("志愿服务条例", "Regulations on voluntary service")
_FUNERALS = _basis("殡葬管理条例", "Regulations on funerals")
_CHILDREN = _basis("儿童福利机构管理办法（民政部令第63号）", "Measures on child-welfare homes (order 63)")

_CARERS = frozenset({LicenceKind.ELDERLY_CARE})
_SOCIAL = frozenset({LicenceKind.SOCIAL_ORGANISATION})

KINDS: Mapping[PlaceKind, KindRule] = {
    PlaceKind.CARE_HOME: KindRule(
        Text("养老院", "Care home"), _CARERS, _CARE, frozenset({"name", "address", "location", "capacity"})
    ),
    PlaceKind.DAY_CARE: KindRule(Text("日间照料", "Day care"), _CARERS, _CARE),
    PlaceKind.HOME_CARE: KindRule(Text("上门照护", "Care at home"), _CARERS | _SOCIAL, _CARE),
    PlaceKind.MEAL_SERVICE: KindRule(
        Text("助餐", "Meals"), frozenset({LicenceKind.FOOD}), _MEALS, frozenset({"address", "location"})
    ),
    PlaceKind.BATHING_SERVICE: KindRule(Text("助浴", "Bathing"), _CARERS, _CARE),
    PlaceKind.VOLUNTEERS: KindRule(Text("志愿服务", "Volunteers"), _SOCIAL, _VOLUNTEERS),
    PlaceKind.COUNSELLING: KindRule(Text("心理辅导", "Counselling"), _SOCIAL, _VOLUNTEERS),
    PlaceKind.FUNERAL_HOME: KindRule(
        Text("殡仪馆", "Funeral home"),
        frozenset({LicenceKind.FUNERAL}),
        _FUNERALS,
        # A list of basic services without charge outside of it: its prices are a public matter.
        frozenset({"name", "address", "location", "offerings"}),
    ),
    PlaceKind.CEMETERY: KindRule(
        Text("公墓", "Cemetery"),
        frozenset({LicenceKind.CEMETERY}),
        _FUNERALS,
        frozenset({"name", "address", "location", "offerings", "capacity"}),
    ),
    PlaceKind.COLUMBARIUM: KindRule(
        Text("骨灰堂", "Columbarium"),
        frozenset({LicenceKind.CEMETERY, LicenceKind.FUNERAL}),
        _FUNERALS,
        frozenset({"name", "address", "location", "offerings", "capacity"}),
    ),
    PlaceKind.CHILD_WELFARE_HOME: KindRule(
        Text("儿童福利院", "Child-welfare home"),
        frozenset({LicenceKind.CHILD_WELFARE}),
        _CHILDREN,
        frozenset({"name", "address", "location", "capacity"}),
    ),
}
"""Every kind there is. What the reviewed parts are is the house's reading of the laws named; none was verified."""

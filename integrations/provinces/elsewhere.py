"""Regions that have nothing of their own to say in code: data only.

Shaanxi, Tibet and Xinjiang work in the unified application by the pilot plan, Fujian and Qingdao (as Jiangsu) through
the exchange platform. What mode the others have was not read anywhere: until it is, their organs work in this
installation. A city with independent planning (计划单列市) without a connection of its own is reached over its province's.
"""

from backend.casework.catalogue.pilots import ConnectionMode as M
from backend.casework.definitions import Standing
from backend.errors import Text
from integrations.provinces.exchange_platform import front_database
from integrations.provinces.province import Province

INTERNAL = tuple(
    Province(region, Text(zh, en), M.UNIFIED_INTERNAL, standing=Standing.PUBLISHED)
    for region, zh, en in (
        ("54", "西藏自治区", "Tibet"),
        ("61", "陕西省", "Shaanxi"),
        ("65", "新疆维吾尔自治区", "Xinjiang"),
    )
)
PLATFORM = tuple(
    Province(
        region, Text(zh, en), M.UNIFIED_PLATFORM, connect=front_database(region), standing=Standing.PUBLISHED
    )
    for region, zh, en in (
        ("32", "江苏省", "Jiangsu"),
        ("35", "福建省", "Fujian"),
        ("3702", "青岛市", "Qingdao"),
    )
)
NOT_TOLD = tuple(
    Province(region, Text(zh, en), M.UNIFIED_INTERNAL)
    for region, zh, en in (
        ("11", "北京市", "Beijing"),
        ("12", "天津市", "Tianjin"),
        ("13", "河北省", "Hebei"),
        ("14", "山西省", "Shanxi"),
        ("15", "内蒙古自治区", "Inner Mongolia"),
        ("21", "辽宁省", "Liaoning"),
        ("22", "吉林省", "Jilin"),
        ("23", "黑龙江省", "Heilongjiang"),
        ("34", "安徽省", "Anhui"),
        ("37", "山东省", "Shandong"),
        ("41", "河南省", "Henan"),
        ("42", "湖北省", "Hubei"),
        ("43", "湖南省", "Hunan"),
        ("45", "广西壮族自治区", "Guangxi"),
        ("46", "海南省", "Hainan"),
        ("50", "重庆市", "Chongqing"),
        ("51", "四川省", "Sichuan"),
        ("52", "贵州省", "Guizhou"),
        ("53", "云南省", "Yunnan"),
        ("62", "甘肃省", "Gansu"),
        ("63", "青海省", "Qinghai"),
        ("64", "宁夏回族自治区", "Ningxia"),
        # Cities under the corps' divisions have codes 6590xx; that these are the corps' own is unverified.
        ("6590", "新疆生产建设兵团", "Xinjiang Production and Construction Corps"),
    )
)
CITIES = tuple(
    Province(region, Text(zh, en), mode, through=region[:2])
    for region, zh, en, mode in (
        ("2102", "大连市", "Dalian", M.UNIFIED_INTERNAL),
        ("3302", "宁波市", "Ningbo", M.OWN_INTERFACE),
        ("3502", "厦门市", "Xiamen", M.UNIFIED_PLATFORM),
        ("4403", "深圳市", "Shenzhen", M.OWN_INTERFACE),
    )
)
"""The fifth one, Qingdao, is a pilot region of its own."""
SERVED_ONLY = tuple(
    Province(region, Text(zh, en), M.UNIFIED_INTERNAL, handles=False)
    for region, zh, en in (
        ("71", "台湾省", "Taiwan"),
        ("81", "香港特别行政区", "Hong Kong"),
        ("82", "澳门特别行政区", "Macao"),
    )
)
"""Their people are served with their own documents; nothing is handled there."""

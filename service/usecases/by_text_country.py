"""Which country a text names, in any of our languages."""

from __future__ import annotations

from functools import lru_cache

from service.core.keywords_countries import Gazetteer
from service.texts import LANGUAGES
from service.usecases.places import countries

_ALSO_CALLED = {
    "AE": (
        "UAE|Emirates|the Emirates|Dubai|Abu Dhabi|БАӘ|Әмірліктер|"
        "АЕ|ОАЭ|Объединённые Арабские Эмираты|Арабские Эмираты|Эмираты|Дубай|Абу-Даби"
    ),
    "AZ": "Баку|Baku",
    "BY": "Белоруссия|Белорусь",
    "CN": "PRC|КНР|ҚХР|Қытай",
    "CZ": "Czechia|Чехия|Прага|Чехословакия",
    "DE": "BRD|ФРГ|Берлин|Алмания",
    "FR": "Париж",
    "GB": "UK|England|Britain|Great Britain|Англия|Британия|Лондон|London|Ұлыбритания",
    "GE": "Грузия|Georgia|Тбилиси",
    "HK": "Hong Kong|Гонконг",
    "IL": "Израиль|Тель-Авив",
    "KG": "Киргизия|Кыргызстан|Бишкек",
    "KR": "Korea|South Korea|Корея|Южная Корея|Сеул|Seoul|Корея Республикасы|Оңтүстік Корея",
    "KZ": "КЗ|РК|ҚР|Алматы|Астана",
    "MM": "Burma|Бирма|Мьянма",
    "NL": "Holland|Голландия",
    "PL": "Варшава|Warsaw",
    "QA": "Доха|Doha",
    "RU": "РФ|Москва|Moscow|Питер|Санкт-Петербург|Мәскеу",
    "SA": "Saudi|Саудия|Саудовская|КСА|KSA",
    "TH": "Тай|Тайланд|Бангкок|Bangkok|Паттайя|Pattaya|Пхукет|Phuket",
    "TM": "Туркмения",
    "TR": "ТР|Turkey|Стамбул|Istanbul|Ыстамбұл|Анталья|Анталия|Antalya|Анкара",
    "US": "USA|America|the States|Америка|Штаты|АҚШ|США",
    "UZ": "Ташкент|Ўзбекистон",
    "VN": "Вьетнам|Vietnam",
}
"""What people say where CLDR has another name, and cities that stand for their country."""


@lru_cache(maxsize=512)
def country_meant(said: str) -> str:
    """The ISO 3166-1 alpha-2 code of the country that `said` names; "" for none, or one that is not certain."""
    return _gazetteer().find(said)


@lru_cache(maxsize=1)
def _gazetteer() -> Gazetteer:
    names: dict[str, list[str]] = {}
    for language in LANGUAGES:
        for code, name in countries(language):
            names.setdefault(code, []).append(name)
    for code, called in _ALSO_CALLED.items():
        names[code] += called.split("|")
    return Gazetteer.of(names)

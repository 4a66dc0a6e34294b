"""Presence at a point 点位: what makes the proof doubtful (E5). Flagged, never refused.

A *proof* is `{how, token, at, place, skew_ms}`: how the point was named (`scan`, `nfc`, `typed`, `picked`), what the
code said, the instant, where the phone believed to be (or None) and how far its clock was off (or None). Limits and
words are data: `sync/rules/presence.json`. `pwa/src/protocol/presence.ts` is the twin; both run
`tests/vectors/presence.json`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from sync.rules import rule

_RULES = rule("presence")
_DEGREES = re.compile(r"-?[0-9]{1,3}(\.[0-9]{1,15})?\Z")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EARTH_M = 6_371_000
# The ellipsoid of Krasovsky 1940, on which Chinese maps are shifted.
_AXIS, _ECCENTRICITY = 6378245.0, 0.006693421622965943

Row = Mapping[str, Any]


def flags_of(proof: Row, point: Row, site: Row, before: Row | None) -> list[str]:
    """What is doubtful, in the order of the rules. `before` is the same person's proof before this one on the visit,
    at another point. The site's place is GCJ-02, as Chinese maps give it; the phone's is WGS-84, as satellites do.
    """
    found: set[str] = set()
    if proof["how"] == "picked":
        found.add("not-scanned")
    elif proof.get("token") != point.get("token"):
        found.add("wrong-code")
    found |= _of_place(proof.get("place"), site)
    if before is not None:
        found |= _of_pace(proof, before)
    skew = proof.get("skew_ms")
    if skew is not None and abs(skew) > _RULES["clock_ms"]:
        found.add("clock")
    return [flag for flag in _RULES["order"] if flag in found]


def is_telling(flags: list[str]) -> bool:
    """Whether a person should look: in a basement there is no position, and that alone says nothing."""
    return any(flag in _RULES["telling"] for flag in flags)


def _of_place(place: Row | None, site: Row) -> set[str]:
    here = _at(place)
    if here is None or place is None:
        return {"no-place"}
    accuracy = place.get("accuracy_m")
    accuracy = accuracy if isinstance(accuracy, int) and accuracy > 0 else 0
    if accuracy > _RULES["vague_m"]:
        return {"vague"} if accuracy <= _RULES["trusted_accuracy_m"] or not _is_far(here, site, accuracy) else {"far"}
    return {"far"} if _is_far(here, site, accuracy) else set()


def _is_far(here: tuple[float, float], site: Row, accuracy: int) -> bool:
    there = _at(site)
    return there is not None and _metres(shifted(*here), there) > _RULES["far_m"] + accuracy


def _of_pace(proof: Row, before: Row) -> set[str]:
    seconds = (_milliseconds(proof["at"]) - _milliseconds(before["at"])) / 1000
    if seconds < 0:
        return {"backwards"}
    if seconds < _RULES["pace_s"]:
        return {"pace"}
    here, there = _at(proof.get("place")), _at(before.get("place"))
    if here is None or there is None:
        return set()
    blur = sum(one.get("accuracy_m") or 0 for one in (proof["place"], before["place"]))
    return {"pace"} if _metres(here, there) - blur > _RULES["speed_m_per_s"] * seconds else set()


def _at(place: Row | None) -> tuple[float, float] | None:
    """Latitude and longitude; None where there are none, or where nobody stands: the settings' question leaves 0, 0."""
    texts = [str((place or {}).get(name) or "") for name in ("lat", "lng")]
    if not all(_DEGREES.match(text) for text in texts):
        return None
    lat, lng = float(texts[0]), float(texts[1])
    return None if abs(lat) > 90 or abs(lng) > 180 or (lat == 0 and lng == 0) else (lat, lng)


def _metres(a: tuple[float, float], b: tuple[float, float]) -> float:
    """Along the great circle; good to a metre at the size of a town."""
    lat1, lng1, lat2, lng2 = (math.radians(one) for one in (*a, *b))
    half = math.sin((lat2 - lat1) / 2) ** 2 + math.cos(lat1) * math.cos(lat2) * math.sin((lng2 - lng1) / 2) ** 2
    return 2 * _EARTH_M * math.asin(min(1.0, math.sqrt(half)))


def shifted(lat: float, lng: float) -> tuple[float, float]:
    """WGS-84 as Chinese maps draw it (GCJ-02), unchanged outside China; the published approximation."""
    if not (72.004 <= lng <= 137.8347 and 0.8293 <= lat <= 55.8271):
        return lat, lng
    x, y = lng - 105.0, lat - 35.0
    waves = (20 * math.sin(6 * x * math.pi) + 20 * math.sin(2 * x * math.pi)) * 2 / 3
    north = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * math.sqrt(abs(x)) + waves
    north += (20 * math.sin(y * math.pi) + 40 * math.sin(y / 3 * math.pi)) * 2 / 3
    north += (160 * math.sin(y / 12 * math.pi) + 320 * math.sin(y * math.pi / 30)) * 2 / 3
    east = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * math.sqrt(abs(x)) + waves
    east += (20 * math.sin(x * math.pi) + 40 * math.sin(x / 3 * math.pi)) * 2 / 3
    east += (150 * math.sin(x / 12 * math.pi) + 300 * math.sin(x / 30 * math.pi)) * 2 / 3
    radians = lat / 180 * math.pi
    root = 1 - _ECCENTRICITY * math.sin(radians) ** 2
    north = north * 180 / (_AXIS * (1 - _ECCENTRICITY) / (root * math.sqrt(root)) * math.pi)
    east = east * 180 / (_AXIS / math.sqrt(root) * math.cos(radians) * math.pi)
    return lat + north, lng + east


def _milliseconds(at: str) -> int:
    return (datetime.fromisoformat(at) - _EPOCH) // timedelta(milliseconds=1)

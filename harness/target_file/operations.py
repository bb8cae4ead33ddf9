"""Operations of a first target file: path, body and headers out of an OpenAPI document."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from harness.json_types import JsonDict, JsonObject

DEPTH_MAX = 8  # of references and of bodies; chosen: beyond it a person writes it down better
HOLE = re.compile(r"\{([^}]+)\}")
FORM = "x-www-form-urlencoded"
NUMBERS = (1, 1000)  # chosen, where the document has no bounds


@dataclass(frozen=True)
class Drafted:
    """One operation.

    Args:
        written: as the target file says it.
        values: what its holes may hold, by name.
        places: holes of its path, which an earlier answer has to give.
        answer: names of the properties of its 2xx answer.
    """

    name: str
    method: str
    path: str
    written: JsonObject
    values: JsonObject = field(default_factory=dict)
    places: tuple[str, ...] = ()
    answer: tuple[str, ...] = ()


def drafted(
    document: JsonObject, name: str, method: str, path: str, headers: Mapping[str, str]
) -> Drafted:
    """An operation of the document; what it does not require is left out.

    Args:
        headers: those of every operation.
    """
    declared = document["paths"][path][method]
    shared = _list(document["paths"][path].get("parameters"))
    parameters = [_resolved(document, one) for one in shared + _list(declared.get("parameters"))]
    values: JsonDict = {}
    asked, wanted = HOLE.sub(lambda hole: f"{{{_name(hole[1])}}}", path), []
    extra = dict(headers)
    for one in parameters:
        where, hole = one.get("in"), _name(str(one.get("name", "")))
        if where == "path" or not one.get("required"):
            continue
        values[hole] = _value(document, one.get("schema", {}), hole)
        if where == "query":
            wanted.append(f"{one['name']}={{{hole}}}")
        elif where == "header":
            extra[str(one["name"])] = f"{{{hole}}}"
    written: JsonDict = {method: asked + ("?" + "&".join(wanted) if wanted else "")}
    body = _content(document, declared.get("requestBody", {}))
    form = _content(document, declared.get("requestBody", {}), FORM)
    if body:
        written["json"] = _body(document, body, values)
    elif form:
        written["form"] = _body(document, form, values)
    if extra:
        written["headers"] = extra
    return Drafted(
        name, method, path, written, values,
        tuple(_name(hole) for hole in HOLE.findall(path)),
        tuple(_answer(document, declared)),
    )  # fmt: skip


def schemes(document: JsonObject) -> dict[str, str]:
    """Headers of the schemes that the document declares; secrets stay in the environment."""
    found: dict[str, str] = {}
    if not document.get("security"):
        return found
    components = _resolved(document, document.get("components"))
    declared = _resolved(document, components.get("securitySchemes"))
    for scheme in (_resolved(document, one) for one in declared.values()):
        if scheme.get("type") == "http" and str(scheme.get("scheme")).lower() == "bearer":
            found["Authorization"] = "Bearer ${API_TOKEN}"
        elif scheme.get("type") == "apiKey" and scheme.get("in") == "header":
            found[str(scheme.get("name"))] = "${API_KEY}"
    return found


def _answer(document: JsonObject, declared: JsonObject) -> list[str]:
    for status, answer in _resolved(document, declared.get("responses")).items():
        if str(status).startswith("2"):
            return list(_resolved(document, _content(document, answer).get("properties")))
    return []


def _content(document: JsonObject, holder: Any, wanted: str = "json") -> JsonObject:
    """The schema of a request body or an answer, of a kind; {} when there is none."""
    content = _resolved(document, _resolved(document, holder).get("content"))
    for kind, declared in content.items():
        if wanted in str(kind) and isinstance(declared, Mapping):
            return _resolved(document, declared.get("schema", {}))
    return {}


def _body(document: JsonObject, schema: JsonObject, values: JsonDict, depth: int = 0) -> JsonDict:
    """Required properties, each a hole; objects in objects stay objects."""
    found: JsonDict = {}
    properties = _resolved(document, schema.get("properties"))
    for name in map(str, _list(schema.get("required"))):
        inner = _resolved(document, properties.get(name))
        if inner.get("properties") and depth < DEPTH_MAX:
            found[name] = _body(document, inner, values, depth + 1)
        else:
            hole = _name(name)
            values[hole] = _value(document, inner, hole)
            found[name] = f"{{{hole}}}"
    return found


def _value(document: JsonObject, schema: Any, name: str) -> Any:
    """What a hole may hold: the document's own example or bounds, else something plain."""
    declared = _resolved(document, schema)
    for key in ("example", "default", "const"):
        if isinstance(declared.get(key), str | int | bool):
            return declared[key]
    for one in _list(declared.get("enum")) + _list(declared.get("examples")):
        if isinstance(one, str | int | bool):
            return one
    kind = declared.get("type")
    if kind in ("integer", "number"):
        low, high = declared.get("minimum"), declared.get("maximum")
        low = int(low) if isinstance(low, int | float) else NUMBERS[0]
        return [low, max(low, int(high)) if isinstance(high, int | float) else low + NUMBERS[1]]
    if kind == "boolean":
        return True
    if kind == "string" and declared.get("format") == "date":
        return "2024-01-31"
    return f"{name}-{{number}}"


def _resolved(document: JsonObject, node: Any) -> JsonObject:
    """The node behind a reference within the document; {} for what leads nowhere."""
    for _ in range(DEPTH_MAX):
        if not isinstance(node, Mapping):
            return {}
        ref = node.get("$ref")
        if not isinstance(ref, str):
            return node
        node = document
        for key in ref.removeprefix("#/").split("/"):
            key = key.replace("~1", "/").replace("~0", "~")
            node = node.get(key) if isinstance(node, Mapping) else None
    return {}


def _list(node: Any) -> list[Any]:
    return node if isinstance(node, list) else []


def _name(text: str) -> str:
    """A name that a hole can have."""
    return re.sub(r"\W", "_", text) if not text[:1].isdigit() else f"_{text}"

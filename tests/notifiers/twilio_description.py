"""Twilio's own OpenAPI description (twilio_api_v2010.json of twilio/twilio-oai), and what it says of a request: whether
the path, the method and each field are there, and each value is as it must be.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from email.utils import parsedate_to_datetime
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from xml.etree import ElementTree

from jsonschema import Draft4Validator, FormatChecker

from tests.mock_twilio.wire import Exchange

Schema = dict[str, Any]
FORM = "application/x-www-form-urlencoded"
LONGEST_TWIML = 4000

_NUMBER = re.compile(r"\+[1-9]\d{6,14}|\d{3,6}|(?=.*[A-Za-z])[A-Za-z0-9 ]{1,11}")


class TwilioDescription:
    """The description in this file."""

    def __init__(self, path: Path) -> None:
        self._whole: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))

    def operation(self, exchange: Exchange) -> str:
        """What a request asks for, such as `POST Messages.json`."""
        template = self._template(exchange.path) or exchange.path
        return f"{exchange.method} {template.partition('{AccountSid}/')[2] or template}"

    def faults(self, exchange: Exchange) -> list[str]:
        """What is wrong with a request."""
        return [f"{self.operation(exchange)}: {fault}" for fault in self._faults(exchange)]

    def faults_of_answer(self, exchange: Exchange) -> list[str]:
        """What is wrong with what a Twilio of ours answered."""
        if exchange.answer is None or exchange.status >= 300:
            return []
        answers = self._described(exchange)["responses"]
        schema = answers[str(exchange.status)]["content"]["application/json"]["schema"]
        found = Draft4Validator(self._resolved(schema), format_checker=_OF_ANSWERS).iter_errors(exchange.answer)
        return [f"{self.operation(exchange)}: {'.'.join(map(str, fault.path))}: {fault.message}" for fault in found]

    def _faults(self, exchange: Exchange) -> Iterator[str]:
        template = self._template(exchange.path)
        if template is None or exchange.method.lower() not in self._whole["paths"][template]:
            yield "no such path and method"
            return
        described = self._described(exchange)
        declared = described.get("parameters", [])
        for kind, given in (("path", _in_path(template, exchange.path)), ("query", exchange.query)):
            fields = {one["name"]: one["schema"] for one in declared if one["in"] == kind}
            required = [one["name"] for one in declared if one["in"] == kind and one.get("required")]
            yield from self._faults_of_fields(fields, required, given)
        body = described.get("requestBody", {}).get("content", {}).get(FORM, {}).get("schema", {})
        if exchange.form and exchange.content_type.partition(";")[0] != FORM:
            yield f"a body of type {exchange.content_type}"
        yield from self._faults_of_fields(body.get("properties", {}), body.get("required", []), exchange.form)

    def _faults_of_fields(
        self, declared: Mapping[str, Schema], required: Sequence[str], given: Sequence[tuple[str, str]]
    ) -> Iterator[str]:
        names = dict.fromkeys(name for name, _ in given)
        yield from (f"{name} is missing" for name in required if name not in names)
        for name in names:
            if name not in declared:
                yield f"there is no {name}"
                continue
            schema = self._resolved(declared[name])
            values = [value for key, value in given if key == name]
            if schema.get("type") != "array" and len(values) > 1:
                yield f"{name} stands there {len(values)} times"
            found = values if schema.get("type") == "array" else _read(values[0], schema)
            wrong = Draft4Validator(schema, format_checker=_OF_REQUESTS).iter_errors(found)
            yield from (f"{name}: {fault.message}" for fault in wrong)

    def _described(self, exchange: Exchange) -> dict[str, Any]:
        found: dict[str, Any] = self._whole["paths"][self._template(exchange.path)][exchange.method.lower()]
        return found

    def _template(self, path: str) -> str | None:
        return next((template for template, pattern in self._patterns if pattern.fullmatch(path)), None)

    @cached_property
    def _patterns(self) -> list[tuple[str, re.Pattern[str]]]:
        templates = sorted(self._whole["paths"], key=lambda one: one.count("{"))
        return [(one, _pattern(one)) for one in templates]

    def _resolved(self, schema: Any) -> Any:
        """A schema without references, and with the null of OpenAPI 3.0 as JSON Schema writes it."""
        if isinstance(schema, list):
            return [self._resolved(one) for one in schema]
        if not isinstance(schema, dict):
            return schema
        if "$ref" in schema:
            name = schema["$ref"].rpartition("/")[2]
            schema = {**self._whole["components"]["schemas"][name], **{k: v for k, v in schema.items() if k != "$ref"}}
        plain = {key: self._resolved(value) for key, value in schema.items()}
        if plain.pop("nullable", False):
            plain = {"anyOf": [plain, {"type": "null"}]}
        return plain


def _pattern(template: str) -> re.Pattern[str]:
    parts = re.split(r"\{(\w+)\}", template)
    return re.compile(
        "".join(f"(?P<{part}>[^/.]+)" if place % 2 else re.escape(part) for place, part in enumerate(parts))
    )


def _in_path(template: str, path: str) -> list[tuple[str, str]]:
    found = _pattern(template).fullmatch(path)
    return list(found.groupdict().items()) if found else []


def _read(value: str, schema: Schema) -> object:
    """A value of a form as what it stands for; as it is when it stands for nothing of that type."""
    kind = schema.get("type")
    if kind == "integer" and re.fullmatch(r"-?\d+", value):
        return int(value)
    if kind == "number" and re.fullmatch(r"-?\d+(\.\d+)?", value):
        return float(value)
    if kind == "boolean" and value in ("true", "false"):
        return value == "true"
    return value


def _is_string_with(value: object, holds: Any) -> bool:
    return not isinstance(value, str) or bool(holds(value))


def _is_instant(value: object) -> bool:
    return _is_string_with(value, lambda text: "T" in text and datetime.fromisoformat(text).tzinfo is not None)


def _is_letter_date(value: object) -> bool:
    return _is_string_with(value, parsedate_to_datetime)


def _is_uri(value: object) -> bool:
    return _is_string_with(value, lambda text: urlsplit(text).scheme and (urlsplit(text).netloc or "/" in text))


def _is_sender_or_number(value: object) -> bool:
    return _is_string_with(value, _NUMBER.fullmatch)


def _is_twiml(value: object) -> bool:
    def holds(text: str) -> bool:
        return len(text) <= LONGEST_TWIML and ElementTree.fromstring(text).tag == "Response"  # noqa: S314

    return _is_string_with(value, holds)


_OF_ANSWERS = FormatChecker(())
_OF_ANSWERS.checks("date-time-rfc-2822", raises=ValueError)(_is_letter_date)
_OF_REQUESTS = FormatChecker(())
_OF_REQUESTS.checks("date-time", raises=ValueError)(_is_instant)
_OF_REQUESTS.checks("uri", raises=ValueError)(_is_uri)
_OF_REQUESTS.checks("phone-number")(_is_sender_or_number)
_OF_REQUESTS.checks("twiml", raises=ElementTree.ParseError)(_is_twiml)

"""The API's own description: OpenAPI 3.1, whose examples fit, and which no answer contradicts, whoever asks what."""

from contextlib import suppress
from typing import Any

import jsonschema  # type: ignore[import-untyped] # it ships no types
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis.config import SchemathesisConfig
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from gateway.adapters.http.rights import RIGHTS, ROUTES, Role
from tests.http.world import World

CHECKS = [
    schemathesis.checks.not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
EXAMPLES = 4
"""For each operation and role."""


@pytest.fixture(scope="module")
def described(seen: World) -> dict[str, Any]:
    document: dict[str, Any] = seen.client_of(None).get("/api/openapi.json").json()
    return document


def operations(document: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    return [
        (method.upper(), path, operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    ]


def test_it_is_openapi_3_1_and_tells_every_route(described: dict[str, Any]) -> None:
    assert described["openapi"].startswith("3.1")
    told = {(method, path) for method, path, _ in operations(described)}
    served = {route for route in ROUTES if not route[1].startswith(("/epcis", "/api/openapi"))}
    assert served <= told


def test_each_operation_says_who_may_and_what_may_go_wrong(described: dict[str, Any]) -> None:
    for method, path, operation in operations(described):
        action = ROUTES[method, path]
        roles = sorted(role.value for role in RIGHTS[action]) if action in RIGHTS else None
        assert operation.get("x-roles") == roles, path
        assert operation["description"], path
        if roles is not None:
            assert {"401", "403", "422", "429", "503"} <= operation["responses"].keys(), path


def test_the_examples_fit_their_schemas(described: dict[str, Any]) -> None:
    schemas = described["components"]["schemas"]
    checked = 0
    for name, schema in schemas.items():
        for example in schema.get("examples", ()):
            whole = {"components": {"schemas": schemas}, **schema}
            jsonschema.Draft202012Validator(whole).validate(example)
            checked += 1
        assert schema.get("additionalProperties") is not True or "properties" not in schema, name
    assert checked >= 5


@pytest.fixture(scope="module")
def schema(seen: World) -> Any:
    config = SchemathesisConfig.from_dict({})
    document = seen.client_of(None).get("/api/openapi.json").json()
    del document["paths"]["/api/v1/stream"]["get"]  # it does not end; its own tests have it
    loaded = schemathesis.openapi.from_dict(document, config=config)
    loaded.config.update(base_url=seen.server.url)
    return loaded


@pytest.fixture(scope="module")
def asked(schema: Any) -> list[tuple[Any, list[Any]]]:
    """Each operation with what it is asked; the same for each role."""
    operations = [found.ok() for found in schema.get_all_operations()]
    return [(operation, cases(operation)) for operation in operations]


def cases(operation: Any) -> list[Any]:
    """Requests to an operation, the same each time: some as described, some not."""
    found: list[Any] = []

    def keep(case: Any) -> None:
        found.append(case)

    kept = settings(
        max_examples=EXAMPLES,
        derandomize=True,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
        database=None,
    )
    for mode in schemathesis.GenerationMode:
        asking: Any = given(operation.as_strategy(generation_mode=mode))
        ask = kept(asking(keep))
        with suppress(Unsatisfiable):  # where nothing is asked for, nothing wrong can be said
            ask()
    return found


@pytest.mark.slow
@pytest.mark.parametrize("role", Role)
def test_whatever_is_asked_is_answered_as_described(
    seen: World, asked: list[tuple[Any, list[Any]]], role: Role
) -> None:
    token = {"Authorization": f"Bearer {seen.secrets[role]}"}
    for operation, asking in asked:
        action = ROUTES[operation.method.upper(), operation.path]
        denied = action in RIGHTS and role not in RIGHTS[action]
        for case in asking:
            response = case.call(headers=token)
            case.validate_response(response, checks=CHECKS)
            assert not denied or response.status_code in (400, 403, 404, 405, 413), response.text
    assert sum(len(asking) for _, asking in asked) >= EXAMPLES * len(RIGHTS)

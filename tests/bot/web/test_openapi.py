from __future__ import annotations

import re

from starlette.routing import Route

from bot.channels.web import app as application
from bot.channels.web.openapi import DOCUMENT
from bot.channels.web.problems import KINDS

MACHINE = re.compile(r"/api/|/healthz$|/readyz$|/metrics$")


def test_the_description_and_the_routes_name_the_same_addresses():
    served = {
        (route.path, method)
        for route in application._routes()
        if isinstance(route, Route) and MACHINE.match(route.path)
        for method in (route.methods or set()) - {"HEAD"}
    }
    described = {
        (path, method.upper()) for path, item in DOCUMENT["paths"].items() for method in item if method != "parameters"
    }
    assert described == served


def test_every_reference_leads_somewhere():
    seen = re.findall(r"'\$ref': '#/components/schemas/(\w+)'", repr(DOCUMENT))
    assert set(seen) <= set(DOCUMENT["components"]["schemas"])
    assert set(DOCUMENT["components"]["schemas"]) - set(seen) == set()


def test_every_path_parameter_is_described():
    for path, item in DOCUMENT["paths"].items():
        wanted = set(re.findall(r"{(\w+)}", path))
        named = {parameter["name"] for parameter in item.get("parameters", ()) if parameter["in"] == "path"}
        assert named == wanted


def test_operations_have_names_of_their_own():
    names = [
        operation["operationId"]
        for item in DOCUMENT["paths"].values()
        for method, operation in item.items()
        if method != "parameters"
    ]
    assert len(set(names)) == len(names)


def test_problem_types_point_into_the_description():
    assert DOCUMENT["components"]["x-problems"] == KINDS

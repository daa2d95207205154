"""What the service says of itself: OPTIONS (WADL, PS3.18 §8.9), OpenAPI, and errors as problems (RFC 9457)."""
import json
import subprocess
import xml.etree.ElementTree as ElementTree

import pytest
import yaml

import dicom_files as make
from dicomweb import JSON, assert_says_why, content_type
from tessera_server import BINARY

WADL = "application/vnd.sun.wadl+xml"
NAMESPACE = "{http://wadl.dev.java.net/2009/02}"
PROBLEM = "application/problem+json"


def table():
    done = subprocess.run([BINARY, "routes"], capture_output=True, text=True, timeout=30, check=True)
    return json.loads(done.stdout)


def template(route, partitions):
    path = ("/partitions/{partition}" if partitions and route["partitioned"] else "") + route["pattern"]
    return path.replace("frames/{*}", "frames/{frames}").replace("{*}", "{path}")


@pytest.fixture(scope="module", params=[False, True], ids=["plain", "partitions"])
def service(request, server, start):
    if not request.param:
        return server, False
    return start(config="[features]\npartitions = true\n"), True


def test_the_openapi_has_every_route_and_no_other(service, prefix):
    server, partitions = service
    response = server.get(prefix + "/api.yaml")
    assert response.status_code == 200 and content_type(response) == "application/yaml"
    api = yaml.safe_load(response.text)
    assert api["openapi"].startswith("3.0") and api["servers"] == [{"url": server.url + prefix}]
    described = {(path, method.upper()) for path, methods in api["paths"].items() for method in methods}
    assert described == {(template(route, partitions), route["method"]) for route in table()}
    ids = [operation["operationId"] for methods in api["paths"].values() for operation in methods.values()]
    assert len(ids) == len(set(ids))
    for path, methods in api["paths"].items():
        for operation in methods.values():
            named = {parameter["name"] for parameter in operation.get("parameters", []) if parameter["in"] == "path"}
            assert named == {part[1:-1] for part in path.split("/") if part.startswith("{")}
            assert operation["summary"] and operation["responses"]
            assert all(answer["description"] for answer in operation["responses"].values())


def test_options_of_the_service_describes_every_resource(service, prefix):
    server, partitions = service
    for path in ("", "/"):
        response = server.request("OPTIONS", prefix + path, WADL)
        assert response.status_code == 200 and content_type(response) == WADL
        application = ElementTree.fromstring(response.content)
        resources = application.find(NAMESPACE + "resources")
        assert resources.get("base") == server.url + prefix
        described = {("/" + resource.get("path"), method.get("name")) for resource in resources
                     for method in resource.findall(NAMESPACE + "method")}
        assert described == {(template(route, partitions), route["method"]) for route in table()}


def test_options_of_a_resource_tells_its_methods_and_where_asked_for_describes_it(server, prefix):
    file = make.native()
    plain = server.request("OPTIONS", prefix + file.series_path, "*/*")
    assert plain.status_code == 204 and plain.headers["Allow"] == "GET, HEAD, DELETE, OPTIONS"
    response = server.request("OPTIONS", prefix + file.series_path, WADL)
    resources = ElementTree.fromstring(response.content).find(NAMESPACE + "resources")
    assert [resource.get("path") for resource in resources] == ["studies/{study}/series/{series}"]
    assert {method.get("name") for method in resources[0].findall(NAMESPACE + "method")} == {"GET", "DELETE"}
    assert server.request("OPTIONS", prefix + "/nothing", WADL).status_code == 404


def test_an_error_is_a_problem_where_the_accept_names_that(server, prefix):
    file = make.native()
    response = server.get(f"{prefix}{file.path}/metadata", f"{JSON}, {PROBLEM};q=0.1")
    assert response.status_code == 404 and content_type(response) == PROBLEM
    assert response.json()["status"] == 404 and file.sop in response.json()["detail"]
    refused = server.get(prefix + "/studies/1.2.x", PROBLEM)
    assert refused.status_code == 400 and "1.2.x" in refused.json()["detail"]


def test_an_error_is_text_to_everybody_else(server, prefix):
    for accept in ("*/*", JSON, "application/*", f"{JSON}, {PROBLEM};q=0"):
        assert_says_why(server.get(prefix + make.native().path + "/metadata", accept), 404)


def test_an_answer_that_is_no_error_is_no_problem(server, prefix):
    file = make.native()
    server.store(file)
    response = server.get(f"{prefix}{file.path}/metadata", f"{PROBLEM}, {JSON}")
    assert response.status_code == 200 and content_type(response) == JSON
    conflict = server.request("POST", prefix + "/studies", f"{JSON}, {PROBLEM}", {"Content-Type": "application/dicom"},
                              data=file.bytes)
    assert conflict.status_code == 409 and content_type(conflict) == JSON, "a data set is no text"

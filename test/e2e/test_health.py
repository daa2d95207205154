"""Health and metrics: what probes and collectors ask."""
import re

import dicom_files as make
from dicomweb import content_type


def test_live_and_ready_are_200(server):
    assert server.get("/health/live").status_code == 200
    assert server.get("/health/ready").status_code == 200


def test_check_names_its_parts_and_their_status(server):
    response = server.get("/health/check")
    assert response.status_code == 200 and content_type(response).startswith("application/json")
    body = response.json()
    assert body["overallStatus"] and len(body["details"]) >= 1
    for part in body["details"]:
        assert part["name"] and part["status"]


def test_metrics_are_text_that_a_collector_reads(server):
    server.store(make.native())
    response = server.get("/metrics")
    assert response.status_code == 200 and content_type(response).startswith("text/plain")
    lines = [line for line in response.text.splitlines() if line and not line.startswith("#")]
    sample = re.compile(r'^[a-zA-Z_:][a-zA-Z0-9_:]*(\{[^}]*\})? [-+0-9.eE]+(Inf|NaN)?$')
    assert lines and all(sample.match(line) for line in lines), lines[:5]
    assert any(line.startswith("tessera_") for line in lines)


def test_metrics_count_requests(server):
    def total():
        text = server.get("/metrics").text
        return sum(float(line.rsplit(" ", 1)[1]) for line in text.splitlines()
                   if re.match(r"tessera_\w*request\w*_(total|count)\b", line))

    before = total()
    for _ in range(5):
        server.get("/health/live")
    assert total() >= before + 5


def test_no_patient_name_reaches_the_log(server):
    server.store(make.native(PatientName="Verysecret^Name", PatientID="SECRET-ID-1"))
    server.get("/v2/studies?PatientID=SECRET-ID-1", "application/dicom+json")
    assert "Verysecret" not in server.log()


def test_every_answer_has_a_request_id(server):
    ids = {server.get("/health/live").headers["X-Request-Id"] for _ in range(3)}
    assert len(ids) == 3

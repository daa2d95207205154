"""/metrics is what Prometheus reads (text format 0.0.4), and what it says follows what was done."""
import collections
import math
import re

import dicom_files as make
from dicomweb import JSON

NAME = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")
LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"(,|$)')
FRAMES = "/studies/{study}/series/{series}/instances/{instance}/frames/{*}"


class Exposition:
    """A strict reader of the format: every sample belongs to the family announced last, no series comes twice."""

    def __init__(self, text):
        assert text.endswith("\n")
        self.types, self.helps, self.samples = {}, {}, collections.OrderedDict()
        family = None
        for line in text.splitlines():
            if line.startswith("# HELP "):
                family, words = line[7:].split(" ", 1)
                assert NAME.fullmatch(family) and words and family not in self.helps, line
                self.helps[family] = words
            elif line.startswith("# TYPE "):
                name, kind = line[7:].split(" ")
                assert name == family and name not in self.types and kind in ("counter", "gauge", "histogram"), line
                assert (kind == "counter") == name.endswith("_total"), line
                self.types[name] = kind
            else:
                self.add_sample(family, line)

    def add_sample(self, family, line):
        name = NAME.match(line).group()
        suffixes = ("_bucket", "_sum", "_count") if self.types[family] == "histogram" else ("",)
        assert name in [family + suffix for suffix in suffixes], line
        rest, labels = line[len(name):], []
        if rest.startswith("{"):
            inside, rest = rest[1:].rsplit("}", 1)
            while inside:
                found = LABEL.match(inside)
                assert found, line
                labels.append(found.group(1, 2))
                inside = inside[found.end():]
            assert len({label for label, _ in labels}) == len(labels), line
        assert re.fullmatch(r" [-+]?([0-9.]+(e[-+]?[0-9]+)?|Inf|NaN)", rest), line
        key = (name, tuple(sorted(labels)))
        assert key not in self.samples, line
        self.samples[key] = float(rest)

    def value(self, metric, **labels):
        """The sum of the samples that have these labels."""
        wanted = set(labels.items())
        return sum(value for (name, held), value in self.samples.items() if name == metric and wanted <= set(held))


def read(server):
    response = server.get("/metrics")
    assert response.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    return Exposition(response.text)


def test_it_follows_the_format(server):
    file = make.native()
    server.store(file)
    server.get(f"/dicom-web{file.path}/frames/1")
    server.request("BREW", '/a"b\\c')
    found = read(server)
    assert set(found.helps) == set(found.types)
    for name in ("tessera_build_info", "process_open_fds", "process_resident_memory_bytes", "tessera_uptime_seconds",
                 "tessera_free_bytes", "tessera_pool_busy", "tessera_cache_entries", "tessera_connections"):
        assert found.value(name) > 0, name


def test_histograms_rise_to_their_count(server):
    server.get("/health/live")
    found = read(server)
    checked = 0
    for family in [name for name, kind in found.types.items() if kind == "histogram"]:
        series = collections.defaultdict(list)
        for (name, labels), value in found.samples.items():
            if name == family + "_bucket":
                bound = dict(labels)["le"]
                rest = tuple(label for label in labels if label[0] != "le")
                series[rest].append((math.inf if bound == "+Inf" else float(bound), value))
        for labels, buckets in series.items():
            assert buckets == sorted(buckets) and buckets[-1][0] == math.inf, (family, labels)
            assert buckets[-1][1] == found.samples[(family + "_count", labels)]
            assert found.samples[(family + "_sum", labels)] >= 0
            checked += 1
    assert checked >= 3


def test_requests_are_counted_by_route_method_and_class(empty_server):
    file = make.native()
    empty_server.store(file)
    for _ in range(7):
        empty_server.get(f"/dicom-web{file.path}/frames/1", "application/octet-stream; transfer-syntax=*")
    empty_server.request("HEAD", f"/dicom-web{file.path}/frames/1", "application/octet-stream; transfer-syntax=*")
    empty_server.get(f"/dicom-web{file.path}/frames/99")
    found = read(empty_server)
    count = "tessera_http_requests_total"
    assert found.value(count, route=FRAMES, method="GET", status="2xx") == 7
    assert found.value(count, route=FRAMES, method="HEAD", status="2xx") == 1
    assert found.value(count, route=FRAMES, method="GET", status="4xx") == 1
    assert found.value("tessera_http_request_seconds_count", route=FRAMES, method="GET", status="2xx") == 7
    assert found.value("tessera_http_sent_bytes_total", route=FRAMES, method="GET") > 7 * len(file.frames()[0])
    assert found.value("tessera_http_received_bytes_total", route="/studies", method="POST") > len(file.bytes)


def test_uploads_are_counted_by_what_became_of_them(empty_server):
    file = make.native()
    empty_server.store(file, make.jpeg())
    assert empty_server.post("/dicom-web/studies", file.bytes).status_code == 409
    assert empty_server.post("/dicom-web/studies", b"no DICOM at all" * 20).status_code == 409
    found = read(empty_server)
    assert found.value("tessera_store_instances_total") == 2
    assert found.value("tessera_store_refused_total", reason="already_exists") == 1
    assert found.value("tessera_store_refused_total", reason="processing_failure") == 1
    assert found.value("tessera_store_bytes_total") > len(file.bytes)
    for part in ("blob", "catalog"):
        assert found.value("tessera_store_commit_seconds_count", part=part) == 2
        assert 0 < found.value("tessera_store_commit_seconds_sum", part=part) < 60
    assert (found.value("tessera_instances"), found.value("tessera_studies")) == (2, 2)


def test_caches_and_pools_tell_what_they_hold(empty_server):
    file = make.jpeg()
    empty_server.store(file)
    for _ in range(3):
        empty_server.get(f"/dicom-web{file.path}/frames/1", "image/jpeg")
    found = read(empty_server)
    assert found.value("tessera_cache_hits_total", cache="instances") >= 2
    assert found.value("tessera_cache_misses_total", cache="instances") >= 1
    assert found.value("tessera_cache_entries", cache="frame_table_blocks") == 1
    assert found.value("tessera_cache_weight", cache="frame_table_blocks") > 1000
    assert found.value("tessera_pool_threads", pool="readers") == 8
    assert found.value("tessera_pool_busy", pool="readers") == 1, "the thread that makes this text"


def test_metrics_name_no_patient(server):
    server.store(make.native(PatientName="Verysecret^Name", PatientID="SECRET-9"))
    server.get("/v2/studies?PatientID=SECRET-9", JSON)
    assert "SECRET" not in server.get("/metrics").text.upper()

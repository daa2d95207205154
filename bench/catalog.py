"""Searches in catalogs of 10^4 to 10^6 studies (five instances each): what each key costs at each size, and how it grows.

The catalogs are made by bench/catalog_fill.cc and served by the real server; a query of a key finds the same twenty studies
at every size, with limit 100. All servers run at once and rounds are interleaved. Cost is the server's processor time, which a
busy machine stretches less than time by the clock; that is told beside it. Goal: at the largest size less than twice the
smallest. Patterns that begin with a wildcard are compared with every value: told apart, without a goal. BENCH_STUDIES
sets the sizes (10000,100000,1000000), BENCH_ROUNDS the rounds."""
import contextlib
import http.client
import os
import statistics
import subprocess
import time
import urllib.parse

from rivals import ROOT, tessera, work_folder

SIZES = [int(text) for text in os.environ.get("BENCH_STUDIES", "10000,100000,1000000").split(",")]
ROUNDS = int(os.environ.get("BENCH_ROUNDS", "25"))
GOAL = 2.0
FILL = ROOT / "build/release/catalog_fill"

STUDIES = ["StudyInstanceUID=1.3.999.1", "PatientName=needle%5Enina", "PatientName=Needle*", "PatientName=nee&fuzzymatching=true",
           "PatientID=NEEDLE-P1", "PatientID=NEEDLE*", "PatientBirthDate=18990704", "PatientSex=O", "AccessionNumber=needle-a",
           "ReferringPhysicianName=Straw%5ESam", "ReferringPhysicianName=str&fuzzymatching=true", "StudyDate=19990211",
           "StudyDate=19990101-19991231", "StudyDate=-19991231", "StudyTime=045959", "StudyTime=04-05", "StudyID=NEEDLE-S",
           "StudyDescription=needle%20biopsy%20of%20hay", "StudyDescription=Needle*", "ModalitiesInStudy=XA",
           "PatientID=NEEDLE*&StudyDate=19000101-20991231&ModalitiesInStudy=X*"]
SERIES = ["Modality=XA", "SeriesNumber=4242", "SeriesDescription=needle", "PerformedProcedureStepStartDate=19990704",
          "ManufacturerModelName=NEEDLE%201", "Manufacturer=Haystack%20Inc", "DeviceSerialNumber=SN%20NEEDLE",
          "FrameOfReferenceUID=1.3.999.5", "RequestAttributesSequence.RequestedProcedureID=NEEDLE-R", "PatientName=Needle*"]
INSTANCES = ["SOPClassUID=1.2.840.10008.5.1.4.1.1.12.1", "AvailableTransferSyntaxUID=1.2.840.10008.1.2.4.90", "InstanceNumber=4242",
             "ImageType=NEEDLE", "ContainerIdentifier=NEEDLE-C1", "ContainerIdentifier=needle*", "BarcodeValue=NEEDLE-B",
             "SpecimenIdentifier=NEEDLE-C1-1", "00400560.00400610.00400612.0040A168.00080100=999", "TotalPixelMatrixColumns=424242",
             "TotalPixelMatrixColumns=400000-500000", "PixelSpacing=0.424242", "ObjectiveLensPower=77",
             "AcquisitionDateTime=199907-199908", "PatientID=NEEDLE-P1&Modality=XA"]
# What very many have: the page is full soon. It finds more at a larger size, and is told for that.
MANY = ["/studies", "/studies?ModalitiesInStudy=SM", "/studies?StudyDate=20060101-20261231", "/series?Modality=SM",
        "/instances?SOPClassUID=1.2.840.10008.5.1.4.1.1.77.1.6", "/instances?ImageType=VOLUME&ObjectiveLensPower=40"]
COMPARED = ["/studies?PatientName=*Nina", "/instances?ContainerIdentifier=*C1"]
TOTALS = ["/studies?count=true", "/instances?Modality=SM&count=true"]


def paths():
    for level, queries in (("/studies", STUDIES), ("/series", SERIES), ("/instances", INSTANCES)):
        yield from (f"{level}?{query}" for query in queries)


def make_data(folder, studies):
    """A data folder whose catalog holds that many studies."""
    with tessera(folder):
        pass  # lays it out
    began = time.monotonic()
    subprocess.run([FILL, folder / "catalog.sqlite", str(studies)], check=True)
    size = sum(path.stat().st_size for path in folder.glob("catalog.sqlite*"))
    print(f"{studies:>9,} studies: made in {time.monotonic() - began:.0f} s, catalog of {size / 1e9:.2f} GB", flush=True)
    return folder


class Client:
    """One connection; every answer is asked for uncompressed, and read whole."""

    def __init__(self, server):
        place = urllib.parse.urlsplit(server.url)
        self.server, self.connection = server, http.client.HTTPConnection(place.hostname, place.port, timeout=120)

    def ask(self, path):
        """Milliseconds of processor and of the clock, and how many rows came."""
        url = "/dicom-web" + path + ("&" if "?" in path else "?") + "limit=100"
        spent, began = self.server.cpu_seconds(), time.perf_counter()
        self.connection.request("GET", url, headers={"Accept": "application/dicom+json"})
        answer = self.connection.getresponse()
        body = answer.read()
        took = time.perf_counter() - began
        spent = self.server.cpu_seconds() - spent
        assert answer.status in (200, 204), f"{url}: {answer.status} {body[:300]}"
        return spent * 1000, took * 1000, body.count(b'"00081190"')


def measure(clients, path, rounds):
    """Medians at each size: processor, clock, rows."""
    for client in clients:
        client.ask(path)  # warm
    asked = [[] for _ in clients]
    for _ in range(rounds):
        for client, answers in zip(clients, asked):
            answers.append(client.ask(path))
    return [[statistics.median(column) for column in zip(*answers)] for answers in asked]


def show(path, sizes, goal=None):
    growth = sizes[-1][0] / sizes[0][0]
    verdict = "" if goal is None else "holds" if growth < goal else "MISSED"
    print(f"{urllib.parse.unquote(path)[:78]:<78} " + " ".join(f"{cpu:>9.2f}" for cpu, _, _ in sizes) +
          f" {growth:>7.2f} x {sizes[-1][1]:>8.2f} {sizes[-1][2]:>5.0f} {verdict}", flush=True)
    return growth


def main():
    with work_folder("catalog") as folder, contextlib.ExitStack() as stack:
        folders = [make_data(folder / str(size), size) for size in SIZES]
        clients = [Client(stack.enter_context(tessera(path))) for path in folders]
        print(f"\n{'processor ms, median of ' + str(ROUNDS):<78} " + " ".join(f"{size:>9,}" for size in SIZES) +
              f" {'growth':>9} {'clock ms':>8} {'rows':>5}")
        worst = 0.0
        for path in paths():
            sizes = measure(clients, path, ROUNDS)
            rows = {found for _, _, found in sizes}
            assert len(rows) == 1 and 0 < max(rows) <= 100, f"{path}: {rows} rows"
            worst = max(worst, show(path, sizes, GOAL))
        print("\nvery many match")
        for path in MANY:
            show(path, measure(clients, path, ROUNDS))
        print("\ncompared with every value; counted to the end")
        for path in COMPARED + TOTALS:
            show(path, measure(clients, path, 3))
        print(f"\nworst growth of {sum(1 for _ in paths())} keys: {worst:.2f} x, goal < {GOAL:g} x: {'holds' if worst < GOAL else 'MISSED'}")


if __name__ == "__main__":
    main()

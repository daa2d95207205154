"""Route × role × own, foreign and unknown partition × flavor, from the program's own route table. What is expected comes
from RULES, which also makes the policy file: never from a list of answers. A route without a recipe fails."""
import json
import subprocess

import pytest

import dicom_files as make
from dicomweb import JSON, StoreAnswer, assert_says_why
from tessera_server import BINARY

FLAVORS = ["VOLUME", "LABEL", "OVERVIEW", "THUMBNAIL", "other"]
ORDINARY = ["VOLUME", "THUMBNAIL", "other"]
ACTIONS = ["read", "write", "delete", "manage", "export", "audit"]
OWN, FOREIGN = "own-lab", "foreign-lab"

# role: [(actions, partition pattern, flavors)]
RULES = {
    "chief": [(ACTIONS, "*", FLAVORS)],
    "resident": [(["read"], "own-*", ORDINARY)],
    "label-desk": [(["read"], OWN, ["LABEL", "OVERVIEW"])],
    "scanner": [(["write"], OWN, ["VOLUME", "LABEL"])],
    "cleaner": [(["delete"], OWN, ORDINARY)],
    "mixed": [(["read", "write"], OWN, ["VOLUME"]), (["read"], OWN, ["LABEL"]), (["delete"], FOREIGN, ["THUMBNAIL"])],
    "auditor": [(["audit", "manage", "export"], "*", FLAVORS)],
    "nobody": [],
}


def policy_text():
    text = ""
    for role, grants in RULES.items():
        text += f"[roles.{role}]\n"
    for role, grants in RULES.items():
        for actions, partition, flavors in grants:
            text += (f'[[grants]]\nwho = "role:{role}"\nactions = {json.dumps(actions)}\n'
                     f"partitions = [{json.dumps(partition)}]\nflavors = {json.dumps(flavors)}\n")
    return text


def fits(pattern, partition):
    return partition.startswith(pattern[:-1]) if pattern.endswith("*") else partition == pattern


def flavors_of(role, action, partition):
    """What the rule gives: the flavors that the role may `action` in the partition."""
    return {flavor for actions, pattern, flavors in RULES[role] if action in actions and fits(pattern, partition)
            for flavor in flavors}


def anywhere(role, action):
    return any(action in actions for actions, _, _ in RULES[role])


def table():
    done = subprocess.run([BINARY, "routes"], capture_output=True, text=True, timeout=30, check=True)
    return [(route["method"], route["pattern"], route["action"]) for route in json.loads(done.stdout)]


def bearer(role):
    return {"Authorization": f"Bearer token-of-{role}-0123456789"}


def new_file(flavor):
    return make.rich(ImageType=["ORIGINAL", "PRIMARY", "OTHER" if flavor == "other" else flavor, "NONE"])


def filled(pattern, file):
    return pattern.format(study=file.study, series=file.series, instance=file.sop, frame=1, **{"*": "{*}"})


@pytest.fixture(scope="module")
def lab(start, tmp_path_factory):
    policy = tmp_path_factory.mktemp("policy") / "policy.toml"
    policy.write_text(policy_text())
    tokens = "".join(f'[[auth.tokens]]\nname = "{role}"\ntoken = "token-of-{role}-0123456789"\nrole = "{role}"\n'
                     for role in RULES)
    server = start(config=f'[features]\npartitions = true\n[auth]\npolicy_file = "{policy}"\n{tokens}')
    server.files = {}
    for partition in (OWN, FOREIGN):
        for flavor in FLAVORS:
            file = new_file(flavor)
            server.store(file, prefix=f"/v2/partitions/{partition}", headers=bearer("chief"))
            server.files[partition, flavor] = file
    server.files["unknown-lab"] = new_file("VOLUME")
    return server


# A recipe asks for one file of a flavor and says whether the answer shows (stores, removes) it. Statuses that mean
# neither fail the test there.

def retrieve(path):
    def ask(lab, base, pattern, file, headers):
        answer = lab.get(base + filled(pattern, file).replace("{*}", path), "*/*", headers)
        assert answer.status_code in (200, 404), f"{answer.status_code}: {answer.text}"
        return answer.status_code == 200
    return ask


def search(query):
    def ask(lab, base, pattern, file, headers):
        answer = lab.get(base + filled(pattern, file) + query.format(study=file.study, series=file.series, sop=file.sop),
                         JSON, headers)
        assert answer.status_code in (200, 204), f"{answer.status_code}: {answer.text}"
        assert answer.status_code == 204 or len(answer.json()) == 1
        return answer.status_code == 200
    return ask


def store(lab, base, pattern, file, headers, method="POST"):
    made = new_file(file.flavor)
    answer = lab.request(method, base + filled(pattern, made), JSON, {"Content-Type": "application/dicom", **headers},
                         data=made.bytes)
    if answer.status_code in (200, 202):
        return True
    assert answer.status_code == 409 and StoreAnswer(answer).reasons() == [292], answer.text
    shown = lab.get(f"{base}/instances?SOPInstanceUID={made.sop}", JSON, bearer("chief"))
    assert shown.status_code in (204, 400)
    return False


def put(lab, base, pattern, file, headers):
    return store(lab, base, pattern, file, headers, "PUT")


def delete(lab, base, pattern, file, headers):
    made = new_file(file.flavor)
    lab.store(made, prefix=base, headers=bearer("chief"))
    answer = lab.request("DELETE", base + filled(pattern, made), "*/*", headers)
    assert answer.status_code in (204, 404), answer.text
    gone = lab.get(base + made.path, "*/*", bearer("chief")).status_code == 404
    assert gone == (answer.status_code == 204)
    return gone


SERIES = "/studies/{study}/series/{series}"
INSTANCE = SERIES + "/instances/{instance}"
RECIPES = {
    ("GET", INSTANCE + "/frames/{*}"): retrieve("1"),
    ("GET", INSTANCE + "/bulkdata/{*}"): retrieve("00480105/0/00282000"),
    **{("GET", level + "/" + kind): retrieve("") for kind in ("rendered", "thumbnail")
       for level in ("/studies/{study}", SERIES, INSTANCE, INSTANCE + "/frames/{frame}")},
    ("GET", INSTANCE + "/metadata"): retrieve(""),
    ("GET", INSTANCE): retrieve(""),
    ("GET", SERIES + "/metadata"): retrieve(""),
    ("GET", SERIES): retrieve(""),
    ("GET", "/studies/{study}"): retrieve(""),
    ("GET", "/studies/{study}/metadata"): retrieve(""),
    ("GET", "/studies"): search("?StudyInstanceUID={study}"),
    ("GET", "/series"): search("?SeriesInstanceUID={series}"),
    ("GET", "/instances"): search("?SOPInstanceUID={sop}"),
    ("GET", "/studies/{study}/series"): search(""),
    ("GET", "/studies/{study}/instances"): search(""),
    ("GET", SERIES + "/instances"): search(""),
    ("POST", "/studies"): store,
    ("POST", "/studies/{study}"): store,
    ("PUT", "/studies"): put,
    ("PUT", "/studies/{study}"): put,
    ("DELETE", "/studies/{study}"): delete,
    ("DELETE", SERIES): delete,
    ("DELETE", INSTANCE): delete,
    ("GET", "/partitions"): None,  # of the service: tests of their own below and in test_changefeed.py
    ("GET", "/changefeed"): None,
    ("GET", "/changefeed/latest"): None,
    ("GET", "/api.yaml"): None,
}


def test_every_route_has_a_recipe_and_every_recipe_a_route():
    assert {(method, pattern) for method, pattern, _ in table()} == set(RECIPES)


@pytest.mark.parametrize("role", RULES)
@pytest.mark.parametrize("method, pattern, action", [row for row in table() if RECIPES.get(row[:2])])
def test_what_the_rules_give_is_answered_and_nothing_else(lab, method, pattern, action, role):
    recipe = RECIPES[method, pattern]
    for partition in (OWN, FOREIGN):
        base = f"/v2/partitions/{partition}"
        given = flavors_of(role, action, partition)
        for flavor in FLAVORS:
            file = lab.files[partition, flavor]
            file.flavor = flavor
            where = f"{role} {method} {pattern} {partition} {flavor}"
            if given:
                assert recipe(lab, base, pattern, file, bearer(role)) == (flavor in given), where
                continue
            answer = lab.request(method, base + filled(pattern, file).replace("{*}", "1"), "*/*", bearer(role),
                                 **({"data": file.bytes} if method in ("POST", "PUT") else {}))
            assert_says_why(answer, 403, f"'{role}' may not {action} here")
            assert 'error="insufficient_scope"' in answer.headers["WWW-Authenticate"], where
            assert lab.get(base + file.path, "*/*", bearer("chief")).status_code == 200, where


@pytest.mark.parametrize("role", RULES)
@pytest.mark.parametrize("method, pattern, action", [row for row in table() if RECIPES.get(row[:2])])
def test_a_partition_that_is_not_there_is_as_one_that_is_not_granted(lab, method, pattern, action, role):
    file = lab.files["unknown-lab"]
    more = {"data": file.bytes} if method in ("POST", "PUT") else {}
    path = filled(pattern, file).replace("{*}", "1")
    unknown = lab.request(method, f"/v2/partitions/foreign-unknown{path}", "*/*", bearer(role), **more)
    if flavors_of(role, action, "foreign-unknown"):
        assert unknown.status_code == 400 or method in ("POST", "PUT")
        return
    granted_not = lab.request(method, f"/v2/partitions/{FOREIGN}{path}", "*/*", bearer(role), **more)
    if not flavors_of(role, action, FOREIGN):
        assert (unknown.status_code, unknown.content) == (granted_not.status_code, granted_not.content)
    assert unknown.status_code == 403


@pytest.mark.parametrize("method, pattern, action", table())
def test_without_a_credential_nothing_is_answered(lab, method, pattern, action):
    file = lab.files[OWN, "VOLUME"]
    base = "/v2" if RECIPES[method, pattern] is None else f"/v2/partitions/{OWN}"
    answer = lab.request(method, base + filled(pattern, file).replace("{*}", "1"), "*/*")
    assert_says_why(answer, 401)
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.parametrize("role", [role for role in RULES if flavors_of(role, "write", OWN)])
def test_a_replacement_wants_the_right_to_store_what_comes_and_what_goes(lab, role):
    base, given = f"/v2/partitions/{OWN}", flavors_of(role, "write", OWN)
    for old in FLAVORS:
        for new in FLAVORS:
            held = new_file(old)
            lab.store(held, prefix=base, headers=bearer("chief"))
            body = make.rich(study=held.study, series=held.series, SOPInstanceUID=held.sop, InstanceNumber=9,
                             ImageType=list(new_file(new).dataset.ImageType)).bytes
            answer = lab.request("PUT", f"{base}/studies", JSON, {"Content-Type": "application/dicom", **bearer(role)},
                                 data=body)
            kept = lab.get(base + held.path, "application/dicom", bearer("chief")).content
            if {old, new} <= given:
                assert answer.status_code in (200, 202) and kept == body, f"{role} {old} {new}"
            else:
                assert answer.status_code == 409 and StoreAnswer(answer).reasons() == [292], f"{role} {old} {new}"
                assert kept == held.bytes


@pytest.mark.parametrize("role", RULES)
def test_the_list_of_partitions_has_what_the_role_may_read(lab, role):
    answer = lab.get("/v2/partitions", "application/json", bearer(role))
    if not anywhere(role, "read"):
        assert_says_why(answer, 403, f"'{role}' may not read here")
        return
    shown = {entry["partitionName"] for entry in answer.json()} if answer.status_code == 200 else set()
    made = {entry["partitionName"] for entry in lab.get("/v2/partitions", "application/json", bearer("chief")).json()}
    assert {OWN, FOREIGN} <= made
    assert shown == {name for name in made if flavors_of(role, "read", name)}

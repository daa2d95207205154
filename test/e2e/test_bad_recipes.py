"""test/bad/dicom: damaged and odd uploads as data, each against the real server."""
import json

import pytest

import dicom_files as make
from dicomweb import JSON, StoreAnswer, value
from tessera_server import ROOT

RECIPES = json.loads((ROOT / "test" / "bad" / "dicom" / "recipes.json").read_text())


def replaced(content, old, new):
    old, new = bytes.fromhex(old), bytes.fromhex(new)
    assert content.count(old) == 1, f"{old.hex()} stands {content.count(old)} times in the base"
    return content.replace(old, new)


STEPS = {
    "keep": lambda content, n: content[:n],
    "replace": lambda content, pair: replaced(content, *pair),
    "append": lambda content, text: content + bytes.fromhex(text),
    "insert": lambda content, step: content[:step[0]] + bytes.fromhex(step[1]) + content[step[0]:],
    "drop": lambda content, step: content[:step[0]] + content[step[0] + step[1]:],
    "zeros": lambda content, n: content + bytes(n),
}


def made(recipe):
    ((builder, options),) = recipe["base"].items()
    content = getattr(make, builder)(**options).bytes
    for step in recipe["how"]:
        ((name, argument),) = step.items()
        content = STEPS[name](content, argument)
    return content


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda recipe: recipe["name"])
def test_what_is_wrong_with_an_upload_is_said_and_harms_nothing(server, recipe):
    content = made(recipe)
    response = server.post("/dicom-web/studies", content)
    answer = StoreAnswer(response)
    if recipe["outcome"] == "refused":
        assert response.status_code == 409 and answer.reasons() == [recipe["reason"]], response.text
        assert recipe["says"] in value(answer.failed[0], "00000902")
    else:
        assert response.status_code == 200, response.text
        assert answer.stored[0].get("00081196", {}).get("Value") == ([recipe["reason"]] if "reason" in recipe else None)
        path = value(answer.stored[0], "00081190")
        check_stored(server, path, content, recipe["frames"])
        assert server.delete(path).status_code == 204
    server.wait_for_no_files()


def check_stored(server, path, content, frames):
    assert server.get(path, "application/dicom; transfer-syntax=*").content == content
    assert server.get(path + "/metadata", JSON).status_code == 200
    for number in range(1, frames + 2):
        status = server.get(f"{path}/frames/{number}", "application/octet-stream; transfer-syntax=*").status_code
        assert status == (200 if number <= frames else 404), f"frame {number}: {status}"

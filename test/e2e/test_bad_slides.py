"""Slides whose label, macro or thumbnail is damaged: test/bad/slides holds a recipe and the sentence each must get. A slide
is never refused without a word on how to have it, and never loses an image without a word.

    TESSERA_BIN=build/release/tessera /usr/bin/python3 -m pytest test/e2e/test_bad_slides.py
"""
import json
import re

import pytest

from made_svs import Directory, MadeSvs, jpeg, picture
from test_convert import BINARY, ROOT, check_valid, convert, run

RECIPES = ROOT / "test/bad/slides"
INSTANCES = {"label": "label", "macro": "overview", "thumbnail": "thumbnail"}



def damaged(piece, recipe):
    if "keep" in recipe:
        return piece[: recipe["keep"]] + bytes.fromhex(recipe.get("then", ""))
    if "drop" in recipe:
        return piece[: -recipe["drop"]]
    at, put = recipe["at"] % len(piece), bytes.fromhex(recipe["hex"])
    return piece[:at] + put + piece[at + len(put) :]


def made(recipe):
    svs = MadeSvs()
    directory = svs[recipe["directory"]]
    for tag, value in recipe.get("tags", {}).items():
        directory.tags[int(tag)] = bytes.fromhex(value) if isinstance(value, str) else value
    for tag, index, value in recipe.get("replace", []):
        directory.replaced[tag, index] = value
    for piece in recipe.get("pieces", []):
        directory.pieces[piece["index"]] = damaged(directory.pieces[piece["index"]], piece)
    return svs.bytes()


def files_below(folder):
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


def recipe_names():
    return sorted(path.stem for path in RECIPES.glob("*.json"))


def test_there_are_recipes():
    assert len(recipe_names()) >= 25


@pytest.mark.parametrize("name", recipe_names())
def test_a_damaged_image_is_named_and_can_be_left_out(name, tmp_path):
    recipe = json.loads((RECIPES / f"{name}.json").read_text())
    slide = tmp_path / f"{name}.svs"
    slide.write_bytes(made(recipe))
    refused = convert(slide, tmp_path / "out", check=False)
    print(refused.stderr)
    assert refused.returncode == 1
    assert refused.stderr.startswith(f"tessera: {name}.svs, directory ")
    assert recipe["expect"] in refused.stderr
    assert refused.stderr.endswith(f"; {recipe['option']} converts the slide without this image\n")
    assert refused.stderr.count("\n") == 1  # nothing of libtiff's own
    assert files_below(tmp_path / "out") == []
    convert(slide, tmp_path / "out", recipe["option"])
    check_valid(tmp_path / "out")
    assert files_below(tmp_path / "out") == sorted(
        f"{kept}.dcm" for kept in ("level-0", *INSTANCES.values()) if kept != INSTANCES[recipe["directory"]])


@pytest.mark.parametrize("damage, expect", [
    (lambda level: level.pieces.__setitem__(0, jpeg(level.cut(64, 64)[0])),
     "tile 1 (column 1, row 0): it takes JPEG tables from tag 347, of which the level's first tile has its own"),
    (lambda level: level.pieces.__setitem__(5, level.pieces[5][:-30]), "tile 5 (column 1, row 1): its "),
    (lambda level: level.pieces.__setitem__(5, b"\0" * 60), "tile 5 (column 1, row 1): JPEG, byte 0"),
    (lambda level: level.tags.__setitem__(347, None),
     "tile 0 (column 0, row 0): it needs JPEG tables that neither it nor tag 347 JPEGTables has")])
def test_a_damaged_tile_is_named_and_leaves_no_file(damage, expect, tmp_path):
    svs = MadeSvs()
    damage(svs["level"])
    slide = tmp_path / "a.svs"
    slide.write_bytes(svs.bytes())
    refused = convert(slide, tmp_path / "out", check=False)
    assert refused.returncode == 1 and refused.stderr.startswith("tessera: a.svs, directory 0, tag 324 TileOffsets: ")
    assert expect in refused.stderr
    assert files_below(tmp_path / "out") == []


def test_a_tiled_picture_of_another_shape_is_no_level_and_is_told(tmp_path):
    svs = MadeSvs()
    svs.directories["level 1"] = Directory(picture(100, 75), "Aperio Image Library v11.2.1\n100x75", 7).as_jpeg(64, 64)
    svs.directories["other"] = Directory(picture(90, 30), "Aperio Image Library v11.2.1\n90x30", 7).as_jpeg(64, 64)
    (tmp_path / "a.svs").write_bytes(svs.bytes())
    done = convert(tmp_path / "a.svs", tmp_path / "out")
    assert "2 levels, " in done.stdout and "left out, directory 5: 90 x 30, JPEG, tiles" in done.stdout
    run(BINARY, "check", tmp_path / "out")


def test_tiles_padded_after_their_end_are_copied(tmp_path):
    svs = MadeSvs()
    svs["level"].pieces = [piece + bytes(100) for piece in svs["level"].pieces]
    (tmp_path / "a.svs").write_bytes(svs.bytes())
    convert(tmp_path / "a.svs", tmp_path / "out")
    check_valid(tmp_path / "out")


def test_an_import_refuses_the_same_and_stores_nothing(tmp_path):
    recipe = json.loads((RECIPES / "label_lzw_garbage.json").read_text())
    slide = tmp_path / "label.svs"
    slide.write_bytes(made(recipe))
    refused = run(BINARY, "import", slide, "--data", tmp_path / "data", check=False)
    assert refused.returncode == 1
    assert recipe["expect"] in refused.stderr and "--no-label" in refused.stderr
    assert re.search(r"^stored +0 +0 ", refused.stdout, re.MULTILINE)
    taken = run(BINARY, "import", slide, "--data", tmp_path / "data", "--no-label")
    assert "3 stored, 0 there already" in taken.stdout
    assert "1 level, thumbnail, overview; left out: label, as asked" in taken.stdout

"""Whole studies and series: multipart of the stored files, and ZIP archives of instance, series and study."""
import io
import zipfile

import pytest

import dicom_files as make
from dicomweb import assert_says_why, content_type, parts_of

MULTIPART = 'multipart/related; type="application/dicom"'
ZIP = "application/zip"


@pytest.fixture(scope="module")
def study(server):
    """Four instances in two series, of three transfer syntaxes."""
    first = make.native()
    files = [first, make.jpeg(study=first.study, series=first.series), make.deflated(study=first.study),
             make.without_pixels(study=first.study, series=first.series)]
    server.store(*files)
    server.store(make.native())  # not of it
    return files


def of_series(files):
    return [file for file in files if file.series == files[0].series]


def by_sop(bodies):
    return sorted(bytes(body) for body in bodies)


@pytest.mark.parametrize("accept", [MULTIPART, MULTIPART + "; transfer-syntax=*", "*/*", 'multipart/related; type="*/*"',
                                    'multipart/related; transfer-syntax=*; type="application/dicom"',
                                    "multipart/related; type=application/dicom"])
def test_a_study_of_mixed_syntaxes_comes_whole_and_as_it_is_stored(server, prefix, study, accept):
    response = server.get(prefix + study[0].study_path, accept)
    assert response.status_code == 200
    assert 'type="application/dicom"' in content_type(response)
    parts = parts_of(response)
    assert by_sop(body for _, body in parts) == by_sop(file.bytes for file in study)
    for fields, body in parts:
        file = next(file for file in study if file.bytes == body)
        assert fields["content-type"] == f"application/dicom; transfer-syntax={file.syntax}"
        assert fields["content-location"] == server.url + prefix + file.path
        assert int(fields["content-length"]) == len(body)


def test_a_series_comes_without_its_siblings(server, prefix, study):
    response = server.get(prefix + study[0].series_path, MULTIPART)
    assert by_sop(body for _, body in parts_of(response)) == by_sop(file.bytes for file in of_series(study))


@pytest.mark.parametrize("accept", [MULTIPART + "; transfer-syntax=1.2.840.10008.1.2.4.80", "application/dicom",
                                    "application/json", "image/jpeg", "application/*;q=0"])
def test_what_cannot_be_had_is_406_and_says_what_can(server, prefix, study, accept):
    assert_says_why(server.get(prefix + study[0].study_path, accept), 406)


def test_what_is_not_there_is_404_and_a_bad_uid_400(server, prefix):
    file = make.native()
    for accept in (MULTIPART, ZIP):
        assert_says_why(server.get(prefix + file.study_path, accept), 404, file.study)
        assert_says_why(server.get(prefix + file.series_path, accept), 404, file.series)
        assert_says_why(server.get(prefix + "/studies/1.2.x", accept), 400, "1.2.x")


def test_every_representation_has_a_tag_that_changes_with_the_study(server, prefix):
    file = make.native()
    server.store(file)
    tags = {}
    for accept in (MULTIPART, ZIP):
        response = server.get(prefix + file.study_path, accept)
        tags[accept] = response.headers["ETag"]
        again = server.get(prefix + file.study_path, accept, {"If-None-Match": tags[accept]})
        assert again.status_code == 304 and again.content == b""
    assert tags[MULTIPART] != tags[ZIP]
    server.store(make.native(study=file.study))
    assert server.get(prefix + file.study_path, ZIP, {"If-None-Match": tags[ZIP]}).status_code == 200


def test_a_zip_holds_the_files_under_the_names_of_their_uids(server, prefix, study):
    for path, files in ((study[0].study_path, study), (study[0].series_path, of_series(study)),
                        (study[1].path, [study[1]])):
        response = server.get(prefix + path, ZIP)
        assert response.status_code == 200 and content_type(response) == ZIP
        uid = path.rsplit("/", 1)[1]
        assert response.headers["Content-Disposition"] == f'attachment; filename="{uid}.zip"'
        archive = zipfile.ZipFile(io.BytesIO(response.content))
        assert archive.testzip() is None, "a CRC is wrong"
        names = {f"{file.study}/{file.series}/{file.sop}.dcm": file.bytes for file in files}
        assert set(archive.namelist()) == set(names) and len(archive.namelist()) == len(files)
        for name, body in names.items():
            assert archive.read(name) == body
            assert archive.getinfo(name).compress_type == zipfile.ZIP_STORED


def test_a_zip_is_only_given_to_who_names_it(server, prefix, study):
    for accept in ("*/*", "application/*", "application/dicom, application/zip"):
        response = server.get(prefix + study[0].path, accept)
        assert response.status_code == 200 and content_type(response) != ZIP, accept
    assert content_type(server.get(prefix + study[0].path, "application/zip, application/dicom")) == ZIP


def test_a_zip_of_a_study_of_many_instances_has_them_all_and_opens_one_at_a_time(server):
    first = make.without_pixels()
    files = [first] + [make.without_pixels(study=first.study, series=first.series) for _ in range(150)]
    server.store(*files)
    response = server.get("/v2" + first.study_path, ZIP)
    archive = zipfile.ZipFile(io.BytesIO(response.content))
    assert archive.testzip() is None and len(archive.namelist()) == len(files)
    parts = parts_of(server.get("/v2" + first.study_path, MULTIPART))
    assert by_sop(body for _, body in parts) == by_sop(file.bytes for file in files)

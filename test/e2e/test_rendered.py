"""Pictures: /rendered and /thumbnail of frames, instances, series and studies, against pictures that Pillow makes from
pydicom's pixels."""
import io

import numpy as np
import pydicom
import pytest
from PIL import Image, ImageCms
from pydicom.encaps import encapsulate

import dicom_files as make
import wsi_files
from dicomweb import assert_says_why

FORMATS = {"image/jpeg": "JPEG", "image/png": "PNG", "image/webp": "WEBP"}


def picture(response):
    assert response.status_code == 200, response.text
    shown = Image.open(io.BytesIO(response.content))
    shown.load()
    return shown


def pixels(image):
    return np.asarray(image.convert("RGB"), dtype=np.int32)


def psnr(one, other):
    assert one.shape == other.shape
    error = np.mean((one - other) ** 2.0)
    return 99.0 if error == 0 else 10 * np.log10(255 ** 2 / error)


def mosaic(dataset):
    """The whole level, as Pillow decodes its tiles."""
    width, height = int(dataset.TotalPixelMatrixColumns), int(dataset.TotalPixelMatrixRows)
    across = -(-width // dataset.Columns)
    whole = Image.new("RGB", (width, height), "white")
    for i, stream in enumerate(wsi_files.frames(dataset)):
        tile = Image.open(io.BytesIO(stream)).convert("RGB")
        whole.paste(tile, ((i % across) * dataset.Columns, (i // across) * dataset.Rows))
    return whole


@pytest.fixture(scope="module")
def slide(server, tmp_path_factory):
    """A stored slide: its levels, largest first."""
    files = wsi_files.make_series(tmp_path_factory.mktemp("slide"), size="1500x1100")
    for file in files:
        assert server.post("/dicom-web/studies", file.read_bytes(), "application/dicom").status_code == 200
    return [wsi_files.read(file) for file in files]


def path_of(dataset, level="instance"):
    path = f"/dicom-web/studies/{dataset.StudyInstanceUID}"
    if level in ("series", "instance"):
        path += f"/series/{dataset.SeriesInstanceUID}"
    return path + (f"/instances/{dataset.SOPInstanceUID}" if level == "instance" else "")


def store(server, file):
    server.store(file)
    return "/dicom-web" + file.path


class TestFrames:
    def test_a_frame_is_shown_as_pillow_decodes_it(self, server, slide):
        stored = pixels(Image.open(io.BytesIO(wsi_files.frames(slide[0])[3])))
        shown = picture(server.get(path_of(slide[0]) + "/frames/4/rendered", "image/png"))
        assert np.abs(pixels(shown) - stored).max() <= 2

    @pytest.mark.parametrize("media", FORMATS)
    def test_each_format_is_what_it_says(self, server, slide, media):
        answer = server.get(path_of(slide[0]) + "/frames/1/rendered", media)
        assert answer.headers["Content-Type"] == media
        assert picture(answer).format == FORMATS[media] and picture(answer).size == (256, 256)
        assert psnr(pixels(picture(answer)), pixels(Image.open(io.BytesIO(wsi_files.frames(slide[0])[0])))) > 30

    def test_jpeg_is_what_comes_without_a_wish(self, server, slide):
        for accept in ("*/*", "image/*", "image/jpeg, */*;q=0.1"):
            assert server.get(path_of(slide[0]) + "/frames/1/rendered", accept).headers["Content-Type"] == "image/jpeg"
        assert picture(server.get(path_of(slide[0]) + "/frames/1/rendered?accept=image/png", "*/*")).format == "PNG"

    def test_quality_makes_a_jpeg_smaller(self, server, slide):
        sizes = [len(server.get(path_of(slide[0]) + f"/frames/1/rendered?quality={q}", "image/jpeg").content) for q in (10, 60, 95)]
        assert sizes[0] < sizes[1] < sizes[2]

    @pytest.mark.parametrize("query", ["quality=0", "quality=101", "quality=x", "quality=50&quality=60", "viewport=1", "viewport=0,5",
                                       "viewport=,", "viewport=5000,5", "viewport=10,10,300,0,5,5", "viewport=10,10,0,0,0,5",
                                       "viewport=a,b", "viewport=1,2,3", "window=1", "window=1,0", "window=1,2,cubic",
                                       "iccprofile=maybe"])
    def test_a_wrong_parameter_is_named(self, server, slide, query):
        answer = server.get(path_of(slide[0]) + "/frames/1/rendered?" + query)
        assert_says_why(answer, 400, query.split("=")[0])

    def test_frames_that_are_none(self, server, slide):
        for number, status in (("0", 400), ("-1", 400), ("x", 400), ("1,2", 400), ("1000000", 404), ("99999999999", 404)):
            assert server.get(path_of(slide[0]) + f"/frames/{number}/rendered").status_code == status, number
        assert server.get(path_of(slide[0]) + "/frames/1/rendered", "image/gif").status_code == 406
        assert server.get("/dicom-web/studies/1.2/series/3.4/instances/5.6/frames/1/rendered").status_code == 404

    @pytest.mark.parametrize("spelling", ["viewport=64,32", "viewport=64%2C32"])
    def test_a_viewport_is_fitted_into(self, server, slide, spelling):
        assert picture(server.get(path_of(slide[0]) + "/frames/1/rendered?" + spelling)).size == (32, 32)

    def test_a_region_is_cut_out_and_a_negative_side_mirrors_it(self, server, slide):
        stored = Image.open(io.BytesIO(wsi_files.frames(slide[0])[0])).convert("RGB").crop((32, 48, 96, 80))
        url = path_of(slide[0]) + "/frames/1/rendered?viewport=64,32,32,48,"
        assert np.abs(pixels(picture(server.get(url + "64,32", "image/png"))) - pixels(stored)).max() <= 2
        mirrored = picture(server.get(url + "-64,-32", "image/png"))
        turned = stored.transpose(Image.Transpose.ROTATE_180)
        assert np.abs(pixels(mirrored) - pixels(turned)).max() <= 2

    @pytest.mark.parametrize("build", [make.native, make.implicit, make.big_endian, make.deflated, make.jpeg])
    def test_however_the_header_is_written_it_is_read(self, server, build):
        url = store(server, build())
        assert picture(server.get(url + "/frames/1/rendered", "image/png")).size == (make.SIDE, make.SIDE)
        assert picture(server.get(url + "/rendered", "image/png")).size == (make.SIDE, make.SIDE)

    def test_a_larger_viewport_enlarges(self, server, slide):
        shown = picture(server.get(path_of(slide[0]) + "/frames/1/rendered?viewport=512,512", "image/png"))
        stored = Image.open(io.BytesIO(wsi_files.frames(slide[0])[0])).convert("RGB").resize((512, 512), Image.Resampling.BILINEAR)
        assert shown.size == (512, 512) and psnr(pixels(shown), pixels(stored)) > 32


class TestGray:
    def gray(self, values, bits=16, photometric="MONOCHROME2", signed=0, **attributes):
        dataset = make.header(SOPClassUID="1.2.840.10008.5.1.4.1.1.7.3")
        dataset.Rows, dataset.Columns = values.shape
        dataset.SamplesPerPixel, dataset.PhotometricInterpretation = 1, photometric
        dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit = (16, bits, bits - 1) if bits > 8 else (8, bits, bits - 1)
        dataset.PixelRepresentation, dataset.NumberOfFrames = signed, 1
        for name, value in attributes.items():
            setattr(dataset, name, value)
        dataset.PixelData = values.astype("<i2" if signed else "<u2" if bits > 8 else "u1").tobytes()
        return make.File(dataset)

    RAMP = np.arange(64 * 64).reshape(64, 64)

    def test_without_a_window_the_frame_s_own_range_is_shown(self, server):
        url = store(server, self.gray(self.RAMP, bits=12)) + "/rendered"
        expected = np.rint(self.RAMP * 255 / 4095)
        shown = np.asarray(picture(server.get(url, "image/png")), dtype=np.int32)
        assert shown.shape == (64, 64) and np.abs(shown - expected).max() <= 1

    def test_the_header_s_window_and_slope_hold(self, server):
        url = store(server, self.gray(self.RAMP, bits=12, WindowCenter="1024", WindowWidth="1025", RescaleSlope="2",
                                      RescaleIntercept="-1024")) + "/rendered"
        x = self.RAMP * 2.0 - 1024
        expected = np.rint(np.clip(((x - 1023.5) / 1024 + 0.5) * 255, 0, 255))  # PS3.3 C.11.2.1.2.1
        assert np.abs(np.asarray(picture(server.get(url, "image/png")), dtype=np.int32) - expected).max() <= 1

    def test_the_request_s_window_wins(self, server):
        url = store(server, self.gray(self.RAMP, bits=12, WindowCenter="10", WindowWidth="10")) + "/rendered"
        expected = np.rint(np.clip(((self.RAMP - 2048) / 4096 + 0.5) * 255, 0, 255))
        shown = picture(server.get(url + "?window=2048,4096,linear-exact", "image/png"))
        assert np.abs(np.asarray(shown, dtype=np.int32) - expected).max() <= 1

    def test_monochrome1_is_shown_inverted_and_signed_values_in_order(self, server):
        low = np.asarray(picture(server.get(store(server, self.gray(self.RAMP, bits=12, photometric="MONOCHROME1")) + "/rendered", "image/png")))
        assert low[0, 0] == 255 and low[-1, -1] == 0
        signed = np.asarray(picture(server.get(store(server, self.gray(self.RAMP - 2048, bits=16, signed=1)) + "/rendered", "image/png")))
        assert signed[0, 0] == 0 and signed[-1, -1] == 255

    def test_a_palette_gives_its_colours(self, server):
        values = np.arange(256, dtype=np.uint8).reshape(16, 16)
        reds, greens, blues = (np.roll(np.arange(256), shift).astype("<u2") * 257 for shift in (0, 85, 170))
        file = self.gray(values, bits=8, photometric="PALETTE COLOR",
                         **{f"{c}PaletteColorLookupTableDescriptor": [256, 0, 16] for c in ("Red", "Green", "Blue")},
                         RedPaletteColorLookupTableData=reds.tobytes(), GreenPaletteColorLookupTableData=greens.tobytes(),
                         BluePaletteColorLookupTableData=blues.tobytes())
        shown = pixels(picture(server.get(store(server, file) + "/rendered", "image/png")))
        expected = np.stack([table[values] // 257 for table in (reds, greens, blues)], axis=-1)
        assert np.abs(shown - expected).max() <= 1


class TestSlides:
    @pytest.mark.parametrize("side", [1000, 400, 100, 7])
    def test_a_slide_is_shown_whole_at_the_asked_size(self, server, slide, side):
        shown = picture(server.get(path_of(slide[0]) + f"/rendered?viewport={side},{side}", "image/png"))
        whole = mosaic(slide[0])
        wanted = (side, max(1, round(side * whole.height / whole.width)))
        assert shown.size == wanted
        assert psnr(pixels(shown), pixels(whole.resize(wanted, Image.Resampling.BOX))) > 30

    def test_every_level_of_it_shows_the_same(self, server, slide):
        shown = [pixels(picture(server.get(path_of(level) + "/rendered?viewport=200,200", "image/png"))) for level in slide]
        assert len(shown) >= 3 and all(psnr(other, shown[0]) > 30 for other in shown[1:])

    def test_a_region_of_a_slide_is_in_pixels_of_the_instance(self, server, slide):
        url = path_of(slide[0]) + "/rendered?viewport=300,300,"
        shown = pixels(picture(server.get(url + "200,100,300,300", "image/png")))
        assert np.abs(shown - pixels(mosaic(slide[0]).crop((200, 100, 500, 400)))).max() <= 3
        small = pixels(picture(server.get(url + "0,0,1200,1000", "image/png")))
        assert psnr(small, pixels(mosaic(slide[0]).crop((0, 0, 1200, 1000)).resize((300, 250), Image.Resampling.BOX))) > 28

    def test_without_a_size_it_has_its_own(self, server, slide):
        assert picture(server.get(path_of(slide[1]) + "/rendered")).size == (slide[1].TotalPixelMatrixColumns, slide[1].TotalPixelMatrixRows)

    @pytest.mark.parametrize("level", ["series", "study"])
    def test_series_and_study_show_their_slide(self, server, slide, level):
        shown = picture(server.get(path_of(slide[0], level) + "/rendered?viewport=200,200", "image/png"))
        assert psnr(pixels(shown), pixels(picture(server.get(path_of(slide[0]) + "/rendered?viewport=200,200", "image/png")))) > 30

    @pytest.mark.parametrize("level", ["instance", "series", "study"])
    def test_thumbnails_are_small(self, server, slide, level):
        assert max(picture(server.get(path_of(slide[0], level) + "/thumbnail")).size) == 256
        assert max(picture(server.get(path_of(slide[0], level) + "/thumbnail?viewport=64,64")).size) == 64
        assert server.get(path_of(slide[0], level) + "/thumbnail?viewport=64,64,0,0,5,5").status_code == 400

    def test_a_frame_has_a_thumbnail(self, server, slide):
        assert picture(server.get(path_of(slide[0]) + "/frames/2/thumbnail?viewport=50,50")).size == (50, 50)

    def test_sparse_frames_lie_where_they_say(self, server, slide, tmp_path):
        sparse = wsi_files.copy_of(slide[0])
        sparse.SOPInstanceUID = sparse.file_meta.MediaStorageSOPInstanceUID = pydicom.uid.generate_uid()
        sparse.SeriesInstanceUID = pydicom.uid.generate_uid()
        across = -(-sparse.TotalPixelMatrixColumns // sparse.Columns)
        count = int(sparse.NumberOfFrames)
        places = [(1 + 256 * (i % across), 1 + 256 * (i // across)) for i in range(count)]
        wsi_files.made_sparse(sparse, {i: places[count - 1 - i] for i in range(count)})
        sparse.PixelData = encapsulate(wsi_files.frames(slide[0])[::-1])
        body = io.BytesIO()
        sparse.save_as(body, write_like_original=False)
        assert server.post("/dicom-web/studies", body.getvalue(), "application/dicom").status_code == 200
        shown = picture(server.get(path_of(sparse) + "/rendered?viewport=400,400", "image/png"))
        assert psnr(pixels(shown), pixels(mosaic(slide[0]).resize(shown.size, Image.Resampling.BOX))) > 30

    def test_a_damaged_tile_leaves_a_gap_and_fails_alone(self, server, slide):
        damaged = wsi_files.copy_of(slide[0])
        damaged.SOPInstanceUID = damaged.file_meta.MediaStorageSOPInstanceUID = pydicom.uid.generate_uid()
        damaged.SeriesInstanceUID = pydicom.uid.generate_uid()
        streams = wsi_files.frames(damaged)
        streams[1] = b"\xff\xd8" + b"\x00" * 500
        damaged.PixelData = encapsulate(streams)
        body = io.BytesIO()
        damaged.save_as(body, write_like_original=False)
        assert server.post("/dicom-web/studies", body.getvalue(), "application/dicom").status_code == 200
        assert_says_why(server.get(path_of(damaged) + "/frames/2/rendered"), 406, "frame 2")
        assert picture(server.get(path_of(damaged) + "/frames/1/rendered")).size == (256, 256)
        shown = pixels(picture(server.get(path_of(damaged) + "/rendered?viewport=1500,1100", "image/png")))
        assert (shown[10:240, 266:500] == 255).all(), "glass where the tile was"
        assert np.abs(shown[:256, :250] - pixels(mosaic(slide[0]))[:256, :250]).max() <= 3


class TestColours:
    @pytest.fixture(scope="class")
    def wide(self, server):
        """One frame whose profile is not sRGB."""
        file = make.jpeg(frames=1)
        srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))
        xyz = bytearray(srgb.tobytes())
        at = xyz.index(b"rXYZ")  # red and green colorants exchanged: nobody can miss that
        red, green = int.from_bytes(xyz[at + 4:at + 8], "big"), int.from_bytes(xyz[xyz.index(b"gXYZ") + 4:xyz.index(b"gXYZ") + 8], "big")
        xyz[red:red + 20], xyz[green:green + 20] = xyz[green:green + 20], xyz[red:red + 20]
        file.dataset.ICCProfile = bytes(xyz) + b"\0" * (len(xyz) % 2)
        exchanged = make.File(file.dataset)
        server.store(exchanged)
        return exchanged

    def test_colours_come_as_srgb(self, server, wide):
        stored = Image.open(io.BytesIO(wide.frames()[0])).convert("RGB")
        profile = ImageCms.ImageCmsProfile(io.BytesIO(wide.dataset.ICCProfile))
        expected = pixels(ImageCms.profileToProfile(stored, profile, ImageCms.createProfile("sRGB")))
        shown = picture(server.get("/dicom-web" + wide.path + "/frames/1/rendered", "image/png"))
        assert "icc_profile" not in shown.info
        assert np.abs(pixels(shown) - expected).max() <= 4

    @pytest.mark.parametrize("media", FORMATS)
    def test_yes_gives_the_pixels_with_their_profile(self, server, wide, media):
        shown = picture(server.get("/dicom-web" + wide.path + "/frames/1/rendered?iccprofile=yes", media))
        assert shown.info["icc_profile"].rstrip(b"\0") == wide.dataset.ICCProfile.rstrip(b"\0")

    @pytest.mark.parametrize("space", ["srgb", "adobergb", "rommrgb", "displayp3"])
    def test_a_named_space_is_converted_to_and_embedded(self, server, wide, space):
        shown = picture(server.get("/dicom-web" + wide.path + f"/frames/1/rendered?iccprofile={space}", "image/png"))
        stored = Image.open(io.BytesIO(wide.frames()[0])).convert("RGB")
        profiles = [ImageCms.ImageCmsProfile(io.BytesIO(p)) for p in (wide.dataset.ICCProfile, shown.info["icc_profile"])]
        assert np.abs(pixels(shown) - pixels(ImageCms.profileToProfile(stored, *profiles))).max() <= 5

    def test_a_profile_that_is_none_leaves_the_colours(self, server):
        file = make.jpeg(frames=1)
        file.dataset.ICCProfile = b"no profile at all, but long enough to be looked at " * 4
        broken = make.File(file.dataset)
        server.store(broken)
        shown = picture(server.get("/dicom-web" + broken.path + "/frames/1/rendered", "image/png"))
        assert np.abs(pixels(shown) - pixels(Image.open(io.BytesIO(broken.frames()[0])))).max() <= 2


class TestAnswers:
    def test_what_was_seen_is_not_sent_again(self, server, slide):
        url = path_of(slide[0]) + "/rendered?viewport=64,64"
        first = server.get(url, "image/png")
        again = server.get(url, "image/png", headers={"If-None-Match": first.headers["ETag"]})
        assert again.status_code == 304 and not again.content
        assert server.get(url, "image/jpeg").headers["ETag"] != first.headers["ETag"]

    def test_what_has_no_pixels_is_404(self, server):
        file = make.without_pixels()
        server.store(file)
        for url in (file.path + "/rendered", file.path + "/thumbnail", file.study_path + "/rendered"):
            assert server.get("/dicom-web" + url).status_code == 404, url

    @pytest.mark.parametrize("prefix", ["/v1", "/v2"])
    def test_the_contract_s_paths_answer_too(self, server, slide, prefix):
        """"rendered jpeg/png/no-Accept/quality; invalid frame rendered error" (service-api, test cases to mirror)."""
        url = path_of(slide[0]).replace("/dicom-web", prefix)
        for accept, media in (("image/jpeg", "JPEG"), ("image/png", "PNG"), ("*/*", "JPEG")):
            assert picture(server.get(url + "/frames/1/rendered?quality=50", accept)).format == media
        assert picture(server.get(url + "/rendered")).format == "JPEG"
        assert server.get(url + "/frames/0/rendered").status_code == 400
        assert server.get(url + "/frames/100000/rendered").status_code == 404

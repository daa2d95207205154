"""OpenSlide's own reading of an associated image, through its C library (vips 8.14 falls over on them)."""
import ctypes

import numpy


def associated_image(path, name):
    """As an RGB array; an AssertionError with OpenSlide's words where it cannot be had."""
    library = ctypes.CDLL("libopenslide.so.0")
    library.openslide_open.restype = ctypes.c_void_p
    library.openslide_get_error.restype = ctypes.c_char_p
    slide = ctypes.c_void_p(library.openslide_open(str(path).encode()))
    assert slide.value, f"OpenSlide does not open {path}"
    width, height = ctypes.c_int64(), ctypes.c_int64()
    library.openslide_get_associated_image_dimensions(slide, name.encode(), ctypes.byref(width), ctypes.byref(height))
    assert width.value > 0, f"OpenSlide finds no {name}"
    argb = numpy.zeros((height.value, width.value), dtype="<u4")
    library.openslide_read_associated_image(slide, name.encode(), argb.ctypes.data_as(ctypes.c_void_p))
    error = library.openslide_get_error(slide)
    library.openslide_close(slide)
    assert error is None, error
    return numpy.stack([argb >> 16 & 255, argb >> 8 & 255, argb & 255], -1).astype("u1")

#include "slide/not_yet_read.h"

#include <algorithm>
#include <cctype>

#include "slide/formats.h"
#include "slide/tiff_slide.h"

namespace tessera::slide {

namespace {

using std::string_view_literals::operator""sv;

constexpr std::uint64_t kProbe = 64 * 1024;  // of a tag's text: a needle stands near its beginning

bool has_extension(std::string_view name, std::string_view extension) {
  const auto same = [](char a, char b) { return std::tolower(static_cast<unsigned char>(a)) == b; };
  return !extension.empty() && name.size() > extension.size() &&
         std::equal(extension.begin(), extension.end(), name.end() - static_cast<std::ptrdiff_t>(extension.size()),
                    [&](char wanted, char have) { return same(have, wanted); });
}

// Files that are no TIFF. The first bytes tell them where there is a signature, whatever the name.
struct Signature {
  std::string_view name;
  std::string_view begins_with;
  std::string_view extension;
};

constexpr Signature kSignatures[] = {
    {"Zeiss CZI", "ZISRAWFILE"sv, ".czi"},
    {"3DHISTECH MIRAX", {}, ".mrxs"},
    {"Hamamatsu VMS", "[Virtual Microscope Specimen]"sv, ".vms"},
    {"Hamamatsu VMU", "[Uncompressed Virtual Microscope Specimen]"sv, ".vmu"},
    {"Hamamatsu NDPIS", "[NanoZoomer Digital Pathology Image Set]"sv, ".ndpis"},
    {"Hamamatsu NDPI", {}, ".ndpi"},
    {"Olympus ETS", "SIS\0"sv, ".ets"},
    {"Olympus VSI", {}, ".vsi"},
    {"Sakura SVSLIDE", {}, ".svslide"},
    {"Philips iSyntax", "<DataObject ObjectType=\"DPUfsImport\""sv, ".isyntax"},
    {"Leica LIF", {}, ".lif"},
    {"Nikon ND2", "\xDA\xCE\xBE\x0A"sv, ".nd2"},
    {"Imaris", {}, ".ims"},
    {"Motic MDS", {}, ".mds"},
    {"KFBio KFB", {}, ".kfb"},
    {"UNIC TMAP", {}, ".tmap"},
    {"SQRAY SDPC", {}, ".sdpc"},
    {"JPEG 2000", "\0\0\0\x0CjP  \r\n\x87\n"sv, ".jp2"},
};

// TIFF files whose layout needs a reader of its own: overlapping tiles, one JPEG per level, companion files.
struct Vendor {
  const char* name;
  std::uint16_t tag;
  const char* needle;     // within the tag's text; nullptr: the tag's presence is enough
  const char* extension;  // or the file's name ends so; nullptr: names say nothing
};

constexpr Vendor kVendors[] = {
    {"Hamamatsu NDPI", tiff::kNdpiFlag, nullptr, nullptr},
    {"Ventana BIF", tiff::kXmp, "iScan", ".bif"},
    {"Trestle", tiff::kSoftware, "MedScan", nullptr},
    {"PerkinElmer QPTIFF", tiff::kImageDescription, "PerkinElmer-QPI", ".qptiff"},
    {"Olympus VSI", 0, nullptr, ".vsi"},
};

bool is_vendor(const TiffFile& file, const TiffDirectory& directory, const Vendor& vendor) {
  if (!directory.has(vendor.tag)) {
    return false;
  }
  if (vendor.needle == nullptr) {
    return true;
  }
  const auto text = file.text(directory, vendor.tag, kProbe);
  return text.ok() && text->find(vendor.needle) != std::string::npos;
}

const Vendor* vendor_of(const TiffFile& file) {
  for (const Vendor& vendor : kVendors) {
    if (vendor.extension != nullptr && has_extension(file.name(), vendor.extension)) {
      return &vendor;
    }
    for (const TiffDirectory& directory : file.directories()) {
      if (is_vendor(file, directory, vendor)) {
        return &vendor;
      }
    }
  }
  return nullptr;
}

bool detect(const TiffFile& file) {
  return vendor_of(file) != nullptr;
}

Result<std::unique_ptr<SlideSource>> open(const TiffFile& file) {
  return Status(Code::Unsupported, file.name() + ", " + directory_summary(file, file.directories().front()) + ": " +
                                       unread_sentence(vendor_of(file)->name));
}

}  // namespace

std::string_view unread_format(std::string_view file_name, ByteView first_bytes) {
  const std::string_view head = as_text(first_bytes);
  for (const Signature& row : kSignatures) {
    if (!row.begins_with.empty() && head.starts_with(row.begins_with)) {
      return row.name;
    }
  }
  for (const Signature& row : kSignatures) {
    if (has_extension(file_name, row.extension)) {
      return row.name;
    }
  }
  return {};
}

std::string unread_sentence(std::string_view format) {
  return std::string(format) + " is not read yet; export the slide as DICOM or as pyramidal TIFF with JPEG tiles";
}

const Format kNotYetRead{"vendors not read yet", detect, open};

}  // namespace tessera::slide

// DICOM JSON (PS3.18 annex F) from outside, read into data sets: for STOW of metadata and bulk data. The text is whole
// in memory; what is made of it is about as large. JsonWriter is the other way.
//
// Bounds: sequences 16 deep, 4,000,000 elements, 4,096 of one data set, 1,000 instances. Failures name the tag and the
// byte. Pure; one thread.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "dicom/tag.h"
#include "dicom/vr.h"
#include "dicom/writer.h"

namespace tessera::dicom {

// An element at top level whose value is elsewhere.
struct JsonBulk {
  Tag tag;
  Vr vr = Vr::OB;
  std::string uri;
};

struct JsonInstance {
  // Explicit little endian, without group 0002, group lengths and what is in `bulk`; text in UTF-8, and
  // SpecificCharacterSet says so. AvailableTransferSyntaxUID, which says how the bulk data are encoded, is not part of
  // it.
  DataSet data_set;
  std::vector<JsonBulk> bulk;   // ascending by tag
  std::string transfer_syntax;  // of AvailableTransferSyntaxUID or TransferSyntaxUID; empty: not said
  std::string study, series, sop, sop_class;
  std::uint64_t frames = 0;  // NumberOfFrames; 0: not said
};

// The bytes of a BulkDataURI inside an item, which must be in memory.
using BulkBytes = std::function<Result<ByteView>(std::string_view uri)>;

// One object, or an array of them.
Result<std::vector<JsonInstance>> read_dicom_json(std::string_view text, const BulkBytes& nested);

}  // namespace tessera::dicom

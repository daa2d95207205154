// coded: a coded concept (PS3.3 8.8) and its item, for the sequences of iod.cc and staining.cc.
#pragma once

#include "dicom/tags.h"
#include "dicom/writer.h"

namespace tessera::convert {

struct Concept {
  const char* value;
  const char* scheme;
  const char* meaning;
};

inline dicom::DataSet code_item(const Concept& code) {
  dicom::DataSet item;
  item.text(dicom::tags::kCodeValue, dicom::Vr::SH, code.value);
  item.text(dicom::tags::kCodingSchemeDesignator, dicom::Vr::SH, code.scheme);
  item.text(dicom::tags::kCodeMeaning, dicom::Vr::LO, code.meaning);
  return item;
}

}  // namespace tessera::convert

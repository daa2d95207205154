// staining: how a stain that a lab names becomes the staining step of Specimen Preparation Sequence (PS3.16 TID 8001
// with TID 8003). Pure functions; used by iod.cc.
#pragma once

#include <string_view>
#include <vector>

#include "dicom/writer.h"

namespace tessera::convert {

// The items of SpecimenPreparationSequence: none without a stain, else one staining step. Haematoxylin and eosin, in
// the spellings labs use, become their SNOMED codes; any other stain stands as the text it was given as.
std::vector<dicom::DataSet> staining_steps(std::string_view specimen_id, std::string_view stain);

}  // namespace tessera::convert

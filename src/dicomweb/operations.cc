#include "dicomweb/operations.h"

#include <algorithm>
#include <array>
#include <vector>

namespace tessera::dicomweb {

namespace {

constexpr std::string_view kDicomParts = "multipart/related application/zip";
constexpr std::string_view kPictures = "image/jpeg image/png image/webp";
constexpr std::string_view kJson = "application/dicom+json";
constexpr std::string_view kSearchParameters = "* includefield limit offset fuzzymatching";

constexpr std::array kOperations = {
    Operation{retrieve_frames, "Frames", "Frames of an instance, as they are stored or in another transfer syntax", "",
              "multipart/related application/octet-stream image/jpeg image/jp2 image/jls image/jphc image/jxl",
              "accept quality", "200 206 304 404 406 416"},
    Operation{retrieve_rendered, "Picture", "A picture of a frame, an image, a slide", "", kPictures,
              "accept viewport quality window iccprofile", "200 304 404 406"},
    Operation{retrieve_thumbnail, "Thumbnail", "A small picture of it", "", kPictures, "accept viewport quality",
              "200 304 404 406"},
    Operation{retrieve_bulkdata, "BulkData", "A value that metadata gives as a BulkDataURI", "",
              "multipart/related application/octet-stream", "accept v", "200 206 304 404 406 416"},
    Operation{retrieve_metadata, "Metadata", "The attributes of every instance, without pixels", "",
              "application/dicom+json multipart/related", "accept excludefield", "200 304 404 406"},
    Operation{retrieve_instance, "File",
              "The Part 10 file of an instance, as it is stored or in another transfer syntax", "",
              "multipart/related application/dicom application/zip", "accept", "200 206 304 404 406 416"},
    Operation{retrieve_scope, "Files", "The Part 10 files of a study or series, as they are stored", "", kDicomParts,
              "accept", "200 304 404 406"},
    Operation{search_studies, "StudiesFound", "Search for studies", "", kJson, kSearchParameters, "200 204 304 406"},
    Operation{search_series, "SeriesFound", "Search for series", "", kJson, kSearchParameters, "200 204 304 406"},
    Operation{search_instances, "InstancesFound", "Search for instances", "", kJson, kSearchParameters,
              "200 204 304 406"},
    Operation{store_instances, "Instances", "Store instances; PUT replaces those that are there",
              "application/dicom multipart/related", kJson, "", "200 202 204 406 409 413 415 507"},
    Operation{delete_scope, "Instances", "Delete a study, a series or an instance", "", "", "", "204 404"},
    Operation{list_partitions, "Partitions", "The data partitions", "", "application/json", "", "200 204 406"},
    Operation{read_feed, "ChangeFeed", "What was stored, replaced and deleted", "", "application/json",
              "startTime endTime offset limit includeMetadata", "200 406"},
    Operation{read_latest_change, "LatestChange", "The latest entry of the change feed", "", "application/json",
              "includeMetadata", "200 204 406"},
    Operation{describe_api, "Description", "This description", "", "application/yaml", "", "200"},
};

constexpr Operation kNothing{};

}  // namespace

const Operation& operation_of(const Route& route) {
  const auto found = std::find_if(kOperations.begin(), kOperations.end(),
                                  [&route](const Operation& row) { return row.handler == route.handler; });
  return found == kOperations.end() ? kNothing : *found;
}

std::string operation_id(const Route& route) {
  std::string id(net::method_name(route.method));
  std::transform(id.begin(), id.end(), id.begin(), [](char c) { return static_cast<char>(c | 0x20); });
  id += operation_of(route).name;
  for (const auto& [capture, level] : {std::pair{"{frame}", "OfFrame"}, std::pair{"{instance}", "OfInstance"},
                                       std::pair{"{series}", "OfSeries"}, std::pair{"{study}", "OfStudy"}}) {
    if (route.pattern.find(capture) != route.pattern.npos) {
      return id + level;
    }
  }
  return id;
}

std::vector<std::string_view> words_of(std::string_view list) {
  std::vector<std::string_view> words;
  while (!list.empty()) {
    const std::size_t end = std::min(list.find(' '), list.size());
    if (end > 0) {
      words.push_back(list.substr(0, end));
    }
    list.remove_prefix(std::min(end + 1, list.size()));
  }
  return words;
}

}  // namespace tessera::dicomweb

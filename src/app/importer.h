// Importer: takes DICOM files and slides to a Destination, one after the other. A slide is converted on its way: its
// tiles go from the vendor's file into the archive without a stop between. One thread.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "app/destination.h"
#include "base/result.h"
#include "convert/converter.h"

namespace tessera::app {

struct ImportedFile {
  std::filesystem::path path;
  Status status;              // why it failed
  bool ignored = false;       // found in a folder, and neither DICOM nor a slide: not a failure
  std::uint32_t stored = 0;   // instances
  std::uint32_t already = 0;  // instances that were there
  std::uint64_t bytes = 0;    // written
  std::string contents;       // what a slide became: convert::Summary::contents()
};

class Importer {
 public:
  // `destination` is borrowed.
  Importer(Destination& destination, convert::Options options)
      : destination_(destination), options_(std::move(options)) {}

  // A file, or every file below a folder in the order of their names. `report` hears of each as it is done.
  void import(const std::filesystem::path& path, const std::function<void(const ImportedFile&)>& report);

 private:
  ImportedFile import_file(const std::filesystem::path& path, bool named);
  Status import_dicom(const std::filesystem::path& path, ImportedFile& result);
  Status import_slide(const std::filesystem::path& path, ImportedFile& result);

  Destination& destination_;
  const convert::Options options_;
};

}  // namespace tessera::app

// Importer: takes DICOM files and slides to a Destination, one after the other. A slide is converted on its way: its
// tiles go from the vendor's file into the archive without a stop between. What may go better later (a server that is
// down, an instance that somebody else is just storing) is tried again, file by file. One thread.
//
// Asked to stop, it lets go of the file in its hands, unless a part of it can be seen already: that one it finishes.
#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "app/destination.h"
#include "app/file_walk.h"
#include "app/stop_signal.h"
#include "base/result.h"
#include "convert/converter.h"
#include "slide/decoders.h"

namespace tessera::app {

class Sheet;

struct ImportRules {
  convert::Options convert;      // labels of slides the sheet says nothing about
  Sheet* sheet = nullptr;        // borrowed
  bool sheet_is_strict = false;  // a slide without a row fails
  bool move = false;             // DICOM files go once they are stored
  unsigned retries = 5;          // after Unavailable
  slide::Decoders decoders;      // of what slides hold beside their tiles
};

struct ImportedFile {
  std::filesystem::path path;
  std::uint64_t size = 0;  // of the file
  Status status;           // why it failed
  bool ignored = false;    // neither DICOM nor a slide, or not to be read: not a failure
  bool abandoned = false;  // stopped: not a failure either, and nothing of it is there
  bool slide = false;
  bool removed = false;       // ImportRules::move
  std::string note;           // what else a person should know
  std::uint32_t stored = 0;   // instances
  std::uint32_t already = 0;  // instances that were there
  std::uint64_t bytes = 0;    // stored
  std::string contents;       // what a slide became: convert::Summary::contents()
  double seconds = 0;
};

class Importer {
 public:
  // Told while a file is under way: bytes of it gone by since the last call, and what is being waited for.
  struct Listener {
    std::function<void(std::int64_t)> moved;
    std::function<void(const std::string&)> waiting;
  };
  // Whether retries were of no use lately: then each further file is tried once only, until one comes through. Shared
  // by the jobs of an import, so that a server that is down fails a thousand files quickly.
  using GivenUp = std::atomic<bool>;

  // All are borrowed.
  Importer(Destination& destination, const ImportRules& rules, const StopSignal& stop, GivenUp& given_up)
      : destination_(destination), rules_(rules), stop_(stop), given_up_(given_up) {}

  ImportedFile import(const FoundFile& file, const Listener& listener);

 private:
  class SlideSink;

  void attempt(const FoundFile& file, ImportedFile& result, const Listener& listener);
  bool should_try_again(const ImportedFile& result, unsigned attempt, Millis busy_for);
  Status import_dicom(const std::filesystem::path& path, ImportedFile& result, const Listener& listener);
  Status import_slide(const std::filesystem::path& path, ImportedFile& result, const Listener& listener);
  Status commit();
  Status labels_of(const std::filesystem::path& path, const std::string& barcode, ImportedFile& result,
                   convert::Options& options) const;
  // Cancelled once the import is to stop and nothing of this file is seen yet.
  Status go_on() const;

  Destination& destination_;
  const ImportRules& rules_;
  const StopSignal& stop_;
  GivenUp& given_up_;
  std::vector<std::string> sent_;           // SOP Instance UIDs begun, of the attempt
  std::map<std::string, Arrival> arrived_;  // by SOP Instance UID, of all attempts at the file
};

}  // namespace tessera::app

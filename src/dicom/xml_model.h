// The Native DICOM Model (PS3.19 A.1) of one instance, made of its DICOM JSON as JsonWriter writes it (no blanks, "vr"
// first), piece by piece: what is held is one string of it, whatever the instance's size. One thread.
//
//   NativeDicomModel := DicomAttribute*     DicomAttribute := (Value* | PersonName* | Item* | InlineBinary | BulkData)
//
// What XML 1.0 has no way to say (control characters) becomes U+FFFD.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "dicom/tag.h"

namespace tessera::dicom {

class XmlModel {
 public:
  // Appends the XML of the next piece of JSON. Corrupt when it is none that JsonWriter writes.
  Status feed(std::string_view json, std::string& out);
  // The object is closed.
  bool is_done() const { return done_; }

 private:
  enum class Place { DataSet, Element, Values, Name };
  // An open bracket.
  struct Level {
    Place place = Place::DataSet;
    Tag tag = Tag();                                         // Element
    std::string vr = {};                                     // Element
    std::string key = {};                                    // what waits for its value
    std::vector<std::pair<Tag, std::string>> creators = {};  // DataSet: private creators seen
    unsigned values = 0;                                     // Values: seen
    bool opened = false;                                     // Element: its start tag is out
  };

  Status string_token(std::string& out);
  Status scalar(std::string_view text, bool null, std::string& out);
  Status open_object(std::string& out);
  Status open_array(std::string& out);
  Status close(char bracket, std::string& out);
  void open_attribute(Level& element, std::string& out);
  void write_value(Level& values, std::string_view text, bool null, std::string& out);
  void write_group(std::string_view name, std::string_view text, std::string& out);
  std::string creator_of(Tag tag) const;
  Status unexpected(const char* what) const;

  std::vector<Level> levels_;
  std::string text_;  // of the string or scalar that is coming in
  bool in_string_ = false;
  bool in_scalar_ = false;
  bool escaped_ = false;
  bool started_ = false;
  bool done_ = false;
};

}  // namespace tessera::dicom

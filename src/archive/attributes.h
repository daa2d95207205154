// Attributes: what of an instance goes into its catalog rows: the query keys, and a trimmed header JSON per level.
//
// AttributeCollector is one of the token sinks of ingest. It holds some kilobytes, whatever the object's size:
// per-frame groups and bulk data never enter a row (design §2).
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "archive/key_collector.h"
#include "base/result.h"
#include "catalog/instances.h"
#include "dicom/json.h"
#include "dicom/tag.h"
#include "dicom/token.h"

namespace tessera::archive {

// Which level an attribute describes (PS3.3 C.7: patient and study, series; the rest is the instance's).
catalog::Level attribute_level(dicom::Tag tag);

class AttributeCollector final : public dicom::TokenSink {
 public:
  AttributeCollector();
  ~AttributeCollector() override;

  Status on_value(const dicom::ElementHeader&, ByteView) override;
  Status on_large_value_begin(const dicom::ElementHeader&) override;
  Status on_sequence_begin(const dicom::ElementHeader&) override;
  Status on_item_begin() override;
  Status on_item_end() override;
  Status on_sequence_end() override;
  Status on_fragments_begin(const dicom::ElementHeader&) override;
  Status on_fragments_end(std::uint64_t end_offset) override;

  // The first value of one of the attributes that ingest checks, as UTF-8 without padding; nothing when absent.
  std::optional<std::string> first_value(dicom::Tag tag) const;
  bool has(dicom::Tag tag) const { return raw_.count(tag) != 0; }
  // True once the tags that identify the instance have gone by (or cannot come any more).
  bool identity_complete() const { return past_identity_; }

  // ImageType value 3 as far as it has gone by: known once the identity is complete.
  catalog::ImageFlavor flavor() const;

  // After the last token: everything but the transfer syntax and the frame count, which others know.
  Status fill(catalog::Publication& publication);

 private:
  struct HeaderText;

  std::map<dicom::Tag, std::string> raw_;  // kept attributes, as encoded, at most kKeptBytes each
  std::vector<std::string> charset_;
  bool past_identity_ = false;
  KeyCollector keys_;
  std::unique_ptr<HeaderText> header_text_;
  std::unique_ptr<dicom::JsonWriter> header_;
};

}  // namespace tessera::archive

// KeyCollector: the values by which an instance can be found (catalog/searchable.h), picked from the tokens as they go
// by, in sequences too. Bounded: the first values of each key, and kKeyBytes of all together; what is beyond is stored
// and returned, and not found. One thread at a time.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "catalog/key_values.h"
#include "dicom/charset.h"
#include "dicom/token.h"

namespace tessera::archive {

class KeyCollector final : public dicom::TokenSink {
 public:
  KeyCollector();

  Status on_value(const dicom::ElementHeader&, ByteView) override;
  Status on_sequence_begin(const dicom::ElementHeader&) override;
  Status on_item_begin() override;
  Status on_item_end() override;
  Status on_sequence_end() override;

  // Those of one level, after the last token.
  std::vector<catalog::KeyValue> take(catalog::Level level);

 private:
  using CharacterSets = std::vector<std::string>;

  void add(const catalog::SearchKey& key, const dicom::ElementHeader& element, ByteView value);
  dicom::TextDecoder& decoder();

  std::vector<dicom::Tag> path_;               // of the sequences that are open and lead to a key
  std::size_t beside_ = 0;                     // sequences open that lead to none, innermost
  std::vector<CharacterSets> charsets_;        // of the data set and of the items of path_
  std::optional<dicom::TextDecoder> decoder_;  // of the innermost
  std::map<const catalog::SearchKey*, std::size_t> counts_;
  std::size_t bytes_ = 0;
  std::vector<catalog::KeyValue> values_;
};

}  // namespace tessera::archive

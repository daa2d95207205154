#include "dicom/checks_format.h"

#include <algorithm>

#include "dicom/checks_values.h"
#include "dicom/dictionary.h"
#include "dicom/ids.h"
#include "dicom/tags.h"
#include "dicom/transfer_syntax.h"

namespace tessera::dicom {

namespace {

constexpr std::uint16_t kMetaGroup = 0x0002;
constexpr std::uint64_t kMetaStart = 132;
constexpr std::string_view kMediaStorageDirectory = "1.2.840.10008.1.3.10";

constexpr Tag kRequiredMeta[] = {
    tags::kFileMetaInformationGroupLength, tags::kFileMetaInformationVersion, tags::kMediaStorageSOPClassUID,
    tags::kMediaStorageSOPInstanceUID,     tags::kTransferSyntaxUID,          tags::kImplementationClassUID};

// VRs that the standard lets stand for one another (PS3.6: "US or SS", "OB or OW"), or that say too little.
bool may_stand_for(Vr written, Vr known) {
  const auto is_one = [](Vr vr, std::initializer_list<Vr> some) {
    return std::count(some.begin(), some.end(), vr) > 0;
  };
  return written == known || written == Vr::UN || known == Vr::UN ||
         (is_one(written, {Vr::US, Vr::SS, Vr::OW}) && is_one(known, {Vr::US, Vr::SS, Vr::OW})) ||
         (is_one(written, {Vr::OB, Vr::OW}) && is_one(known, {Vr::OB, Vr::OW}));
}

}  // namespace

void FormatCheck::on_preamble(ByteView preamble) {
  const std::string_view head = as_text(preamble).substr(0, 4);
  const bool is_tiff = head.starts_with(std::string_view("II*\0", 4)) ||
                       head.starts_with(std::string_view("MM\0*", 4)) ||
                       head.starts_with(std::string_view("II+\0", 4)) || head.starts_with(std::string_view("MM\0+", 4));
  const bool is_zero =
      std::all_of(preamble.begin(), preamble.begin() + 128, [](std::uint8_t byte) { return byte == 0; });
  if (!is_zero && !is_tiff) {
    findings_.add(Rule::Preamble, Tag(), 0,
                  "the 128 bytes before DICM are neither zero nor a TIFF header: \"" + printable(head) + "\"");
  }
}

void FormatCheck::see(const ElementHeader& header) {
  if (in_meta_ && header.tag.group() != kMetaGroup) {
    end_meta(header.offset);
  }
  Tag& last = last_.back();
  if (header.tag <= last && last.value != 0) {
    findings_.add(Rule::TagOrder, header.tag, header.offset,
                  name_of(header.tag) + (header.tag == last ? " stands twice" : " comes after " + last.text()));
  }
  last = header.tag;
  if (header.length != kUndefinedLength && header.length % 2 != 0) {
    findings_.add(Rule::OddLength, header.tag, header.offset,
                  name_of(header.tag) + " has " + std::to_string(header.length) + " bytes");
  }
  const DictionaryRow* row = header.tag.is_private() ? nullptr : find_tag(header.tag);
  if (row && !may_stand_for(header.vr, row->vr)) {
    findings_.add(Rule::VrMismatch, header.tag, header.offset,
                  std::string(row->keyword) + " is written as " + std::string(vr_name(header.vr)) + ", not " +
                      std::string(vr_name(row->vr)));
  }
}

void FormatCheck::see_meta(const ElementHeader& header, ByteView value) {
  meta_tags_.push_back(header.tag);
  const std::string text(trim_uid(as_text(value)));
  if (header.tag == tags::kFileMetaInformationGroupLength && value.size() == 4) {
    has_group_length_ = true;
    group_length_ = load_le32(value.data());
  } else if (header.tag == tags::kMediaStorageSOPClassUID) {
    meta_class_ = text;
  } else if (header.tag == tags::kMediaStorageSOPInstanceUID) {
    meta_instance_ = text;
  }
}

void FormatCheck::end_meta(std::uint64_t offset) {
  in_meta_ = false;
  for (const Tag tag : kRequiredMeta) {
    if (std::find(meta_tags_.begin(), meta_tags_.end(), tag) == meta_tags_.end()) {
      findings_.add(Rule::MetaMissing, tag, std::nullopt, name_of(tag) + " is missing from group 0002");
    }
  }
  constexpr std::uint64_t kElementBytes = 12;  // of the group length itself
  const std::uint64_t actual = offset - kMetaStart - kElementBytes;
  if (has_group_length_ && group_length_ != actual) {
    findings_.add(
        Rule::MetaGroupLength, tags::kFileMetaInformationGroupLength, kMetaStart,
        "group 0002 is said to have " + std::to_string(group_length_) + " bytes and has " + std::to_string(actual));
  }
}

Status FormatCheck::on_value(const ElementHeader& header, ByteView value) {
  see(header);
  if (in_meta_ && meta_tags_.size() < 256) {
    see_meta(header, value);
  }
  if (header.depth == 0 && header.tag == tags::kTransferSyntaxUID &&
      find_transfer_syntax(trim_uid(as_text(value))) == nullptr) {
    findings_.add(Rule::TransferSyntax, header.tag, header.offset,
                  name_of(header.tag) +
                      ": it names no transfer syntax that is known; the rest is read as explicit little "
                      "endian");
  }
  if (header.depth == 0 && header.tag == tags::kSOPClassUID) {
    sop_class_ = trim_uid(as_text(value));
  }
  if (header.depth == 0 && header.tag == tags::kSOPInstanceUID) {
    sop_instance_ = trim_uid(as_text(value));
  }
  see_characters(header, value);
  if (const std::string problem = value_problem(header.vr, value); !problem.empty()) {
    findings_.add(Rule::Value, header.tag, header.offset, name_of(header.tag) + ": " + problem);
  }
  return {};
}

// Bytes above 127 mean nothing in the default repertoire.
void FormatCheck::see_characters(const ElementHeader& header, ByteView value) {
  if (header.tag == tags::kSpecificCharacterSet) {
    named_characters_ = named_characters_ || !trim_uid(as_text(value)).empty();
    return;
  }
  const Vr vr = header.vr;
  const bool is_text =
      vr == Vr::SH || vr == Vr::LO || vr == Vr::ST || vr == Vr::LT || vr == Vr::PN || vr == Vr::UC || vr == Vr::UT;
  if (is_text && !named_characters_ &&
      std::any_of(value.begin(), value.end(), [](std::uint8_t byte) { return byte > 127; })) {
    findings_.add(Rule::Characters, header.tag, header.offset,
                  name_of(header.tag) + " has bytes above 127, and there is no SpecificCharacterSet: \"" +
                      printable(as_text(value)) + "\"");
  }
}

Status FormatCheck::on_large_value_begin(const ElementHeader& header) {
  see(header);
  const std::uint8_t unit = vr_row(header.vr).unit;
  if (unit > 1 && header.length % unit != 0) {
    findings_.add(Rule::Value, header.tag, header.offset,
                  name_of(header.tag) + ": " + std::to_string(header.length) + " bytes are no whole number of values");
  }
  return {};
}

Status FormatCheck::on_sequence_begin(const ElementHeader& header) {
  see(header);
  return {};
}

Status FormatCheck::on_item_begin() {
  last_.emplace_back();
  return {};
}

Status FormatCheck::on_item_end() {
  last_.pop_back();
  return {};
}

Status FormatCheck::on_fragments_begin(const ElementHeader& header) {
  see(header);
  return {};
}

Status FormatCheck::on_fragment_begin(const FragmentHeader& fragment) {
  if (fragment.length % 2 != 0) {
    findings_.add(Rule::OddLength, tags::kItem, fragment.offset,
                  (fragment.ordinal == 0 ? std::string("the Basic Offset Table")
                                         : "fragment " + std::to_string(fragment.ordinal)) +
                      " has " + std::to_string(fragment.length) + " bytes");
  }
  return {};
}

void FormatCheck::compare(Tag tag, Tag meta_tag, const std::string& value, const std::string& meta_value) {
  if (value.empty()) {
    findings_.add(Rule::Missing, tag, std::nullopt, name_of(tag) + " is missing or empty");
  } else if (!meta_value.empty() && value != meta_value) {
    findings_.add(Rule::MetaMismatch, meta_tag, std::nullopt,
                  name_of(meta_tag) + " is " + printable(meta_value) + ", " + name_of(tag) + " is " + printable(value));
  }
}

void FormatCheck::finish() {
  // A parse that ended inside group 0002 has said why; a DICOMDIR has no SOP Common module.
  if (in_meta_ || meta_class_ == kMediaStorageDirectory) {
    return;
  }
  compare(tags::kSOPClassUID, tags::kMediaStorageSOPClassUID, sop_class_, meta_class_);
  compare(tags::kSOPInstanceUID, tags::kMediaStorageSOPInstanceUID, sop_instance_, meta_instance_);
}

}  // namespace tessera::dicom

#include "dicom/json_reader.h"

#include <openssl/evp.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>

#include "dicom/json_cursor.h"
#include "dicom/tags.h"

namespace tessera::dicom {

namespace {

constexpr unsigned kMaxDepth = 16;
constexpr std::size_t kMaxElements = 4'000'000;
constexpr std::size_t kMaxOfDataSet = 4'096;  // a data set is kept sorted: many out of order would take long
constexpr std::size_t kMaxInstances = 1'000;
constexpr std::string_view kUtf8 = "ISO_IR 192";

// Where the members of an element begin; npos: it has none of that name.
struct Members {
  std::string vr;
  std::size_t value = std::string::npos;
  std::size_t inline_binary = std::string::npos;
  std::size_t bulk_data_uri = std::string::npos;
};

Result<ByteBuffer> decode_base64(const std::string& text) {
  const Status bad(Code::Corrupt, "InlineBinary is no base64");
  const std::size_t characters = std::min(text.find('='), text.size());
  const std::size_t padding = text.size() - characters;
  const bool shaped = text.size() % 4 == 0 && padding <= 2 && text.find_first_not_of('=', characters) == text.npos;
  if (!shaped || text.size() > INT32_MAX || text.find_first_of(" \t\r\n-") != text.npos) {
    return bad;  // OpenSSL passes over blanks, and ends at a hyphen
  }
  ByteBuffer out(text.size() / 4 * 3);
  const int got =
      EVP_DecodeBlock(out.data(), reinterpret_cast<const unsigned char*>(text.data()), static_cast<int>(text.size()));
  if (got != static_cast<int>(out.size())) {
    return bad;
  }
  out.resize(out.size() - padding);
  return out;
}

// A whole number of the type, from a JSON number or string.
template <class T>
bool append_integer_of(ByteBuffer& out, const std::string& text) {
  T number{};
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), number);
  append_le(out, number);
  return parsed.ec == std::errc() && parsed.ptr == text.data() + text.size();
}

template <class T>
bool append_real_of(ByteBuffer& out, const std::string& text) {
  char* end = nullptr;
  const double number = std::strtod(text.c_str(), &end);
  append_le(out, static_cast<T>(number));
  return !text.empty() && *end == '\0';
}

bool append_tag_of(ByteBuffer& out, const std::string& text) {
  const auto tag = parse_tag(text);
  if (tag.ok()) {
    append_le(out, tag->group());
    append_le(out, tag->element());
  }
  return tag.ok();
}

bool append_number(ByteBuffer& out, Vr vr, const std::string& text) {
  switch (vr) {
    case Vr::US:
      return append_integer_of<std::uint16_t>(out, text);
    case Vr::SS:
      return append_integer_of<std::int16_t>(out, text);
    case Vr::UL:
      return append_integer_of<std::uint32_t>(out, text);
    case Vr::SL:
      return append_integer_of<std::int32_t>(out, text);
    case Vr::UV:
      return append_integer_of<std::uint64_t>(out, text);
    case Vr::SV:
      return append_integer_of<std::int64_t>(out, text);
    case Vr::FL:
      return append_real_of<float>(out, text);
    case Vr::FD:
      return append_real_of<double>(out, text);
    case Vr::AT:
      return append_tag_of(out, text);
    default:
      return false;
  }
}

class Reader {
 public:
  Reader(std::string_view text, const BulkBytes& nested) : in_(text), nested_(nested) {}

  Result<std::vector<JsonInstance>> read() {
    std::vector<JsonInstance> instances;
    if (in_.peek() == '{') {
      RETURN_IF_ERROR(read_instance(instances));
      RETURN_IF_ERROR(in_.end());
      return instances;
    }
    RETURN_IF_ERROR(in_.expect('['));
    bool more = !in_.take(']');
    while (more) {
      if (instances.size() >= kMaxInstances) {
        return in_.fail("more than " + std::to_string(kMaxInstances) + " instances");
      }
      RETURN_IF_ERROR(read_instance(instances));
      TRY_ASSIGN(more, in_.more(']'));
    }
    RETURN_IF_ERROR(in_.end());
    return instances;
  }

 private:
  Status read_instance(std::vector<JsonInstance>& instances) {
    JsonInstance& instance = instances.emplace_back();
    RETURN_IF_ERROR(read_object(instance.data_set, &instance, 0));
    instance.data_set.text(tags::kSpecificCharacterSet, Vr::CS, kUtf8);
    std::sort(instance.bulk.begin(), instance.bulk.end(),
              [](const JsonBulk& a, const JsonBulk& b) { return a.tag < b.tag; });
    return {};
  }

  // `instance`: of top level, else none.
  Status read_object(DataSet& into, JsonInstance* instance, unsigned depth) {
    if (depth > kMaxDepth) {
      return in_.fail("sequences are nested more than " + std::to_string(kMaxDepth) + " deep");
    }
    RETURN_IF_ERROR(in_.expect('{'));
    bool more = !in_.take('}');
    for (std::size_t count = 0; more; ++count) {
      TRY_ASSIGN(const std::string key, in_.string());
      const Result<Tag> tag = parse_tag(key);
      if (!tag.ok()) {
        return in_.fail("'" + key.substr(0, 40) + "' is no tag of eight hex digits");
      }
      if (count >= kMaxOfDataSet || ++elements_ > kMaxElements) {
        return in_.fail("more than " + std::to_string(count >= kMaxOfDataSet ? kMaxOfDataSet : kMaxElements) +
                        " elements");
      }
      RETURN_IF_ERROR(in_.expect(':'));
      const Status read = read_element(*tag, into, instance, depth);
      if (!read.ok()) {
        return tag_named_ ? read : name_tag(read, *tag);
      }
      TRY_ASSIGN(more, in_.more('}'));
    }
    return {};
  }

  // The innermost one is named.
  Status name_tag(const Status& why, Tag tag) {
    tag_named_ = true;
    return why.while_doing(tag.text());
  }

  Result<Members> read_members() {
    Members members;
    RETURN_IF_ERROR(in_.expect('{'));
    bool more = !in_.take('}');
    while (more) {
      TRY_ASSIGN(const std::string name, in_.string());
      RETURN_IF_ERROR(in_.expect(':'));
      (void)in_.peek();
      if (name == "vr") {
        TRY_ASSIGN(members.vr, in_.string());
      } else {
        members.value = name == "Value" ? in_.at() : members.value;
        members.inline_binary = name == "InlineBinary" ? in_.at() : members.inline_binary;
        members.bulk_data_uri = name == "BulkDataURI" ? in_.at() : members.bulk_data_uri;
        RETURN_IF_ERROR(in_.skip_value());
      }
      TRY_ASSIGN(more, in_.more('}'));
    }
    return members;
  }

  Status read_element(Tag tag, DataSet& into, JsonInstance* instance, unsigned depth) {
    TRY_ASSIGN(const Members members, read_members());
    const std::size_t end = in_.at();
    const auto vr = members.vr.size() == 2 ? parse_vr(members.vr[0], members.vr[1]) : std::nullopt;
    if (!vr) {
      return in_.fail(members.vr.empty() ? "there is no vr" : "'" + members.vr.substr(0, 20) + "' is no vr");
    }
    RETURN_IF_ERROR(read_value(tag, *vr, members, into, instance, depth));
    in_.go_to(end);
    return {};
  }

  Status read_value(Tag tag, Vr vr, const Members& members, DataSet& into, JsonInstance* instance, unsigned depth) {
    const bool syntax = tag == tags::kTransferSyntaxUID || tag == tags::kAvailableTransferSyntaxUID;
    if ((tag.group() == 0x0002 || tag.element() == 0 || tag == tags::kSpecificCharacterSet) && !syntax) {
      return {};  // made anew when the file is written
    }
    if (members.bulk_data_uri != std::string::npos) {
      return read_bulk(tag, vr, members.bulk_data_uri, into, instance);
    }
    if (members.inline_binary != std::string::npos) {
      in_.go_to(members.inline_binary);
      TRY_ASSIGN(const std::string text, in_.string());
      auto bytes = decode_base64(text);
      if (!bytes.ok() || !vr_row(vr).is_bulk) {
        return in_.fail(bytes.ok() ? "InlineBinary is not for its vr" : "InlineBinary is no base64");
      }
      into.bytes(tag, vr, *bytes);
      return {};
    }
    if (vr == Vr::SQ) {
      return read_sequence(tag, members.value, into, depth);
    }
    if (vr_row(vr).is_bulk && members.value != std::string::npos) {
      return in_.fail("a value of this vr is InlineBinary or BulkDataURI");
    }
    TRY_ASSIGN(const std::vector<std::string> values, read_values(vr, members.value));
    if (instance != nullptr) {
      note(tag, values, *instance);
    }
    return syntax ? Status() : put(tag, vr, values, into);
  }

  static void note(Tag tag, const std::vector<std::string>& values, JsonInstance& instance) {
    const std::string first = values.empty() ? std::string() : values.front();
    if (tag == tags::kStudyInstanceUID) {
      instance.study = first;
    } else if (tag == tags::kSeriesInstanceUID) {
      instance.series = first;
    } else if (tag == tags::kSOPInstanceUID) {
      instance.sop = first;
    } else if (tag == tags::kSOPClassUID) {
      instance.sop_class = first;
    } else if (tag == tags::kNumberOfFrames) {
      (void)std::from_chars(first.data(), first.data() + first.size(), instance.frames);
    } else if (tag == tags::kTransferSyntaxUID || tag == tags::kAvailableTransferSyntaxUID) {
      instance.transfer_syntax = first;
    }
  }

  Status read_bulk(Tag tag, Vr vr, std::size_t at, DataSet& into, JsonInstance* instance) {
    in_.go_to(at);
    TRY_ASSIGN(std::string uri, in_.string());
    if (vr == Vr::SQ || uri.empty()) {
      return in_.fail(uri.empty() ? "BulkDataURI is empty" : "a sequence cannot be bulk data");
    }
    if (instance != nullptr) {
      std::erase_if(instance->bulk, [tag](const JsonBulk& bulk) { return bulk.tag == tag; });
      instance->bulk.push_back({tag, vr, std::move(uri)});
      return {};
    }
    TRY_ASSIGN(const ByteView bytes, nested_(uri));
    into.bytes(tag, vr, bytes);
    return {};
  }

  Status read_sequence(Tag tag, std::size_t at, DataSet& into, unsigned depth) {
    std::vector<DataSet> items;
    if (at != std::string::npos) {
      in_.go_to(at);
      RETURN_IF_ERROR(in_.expect('['));
      bool more = !in_.take(']');
      while (more) {
        DataSet& item = items.emplace_back();
        if (in_.peek() == '{') {
          RETURN_IF_ERROR(read_object(item, nullptr, depth + 1));
        } else {
          RETURN_IF_ERROR(in_.scalar().status());  // null: an empty item
        }
        TRY_ASSIGN(more, in_.more(']'));
      }
    }
    into.sequence(tag, std::move(items));
    return {};
  }

  Result<std::vector<std::string>> read_values(Vr vr, std::size_t at) {
    std::vector<std::string> values;
    if (at == std::string::npos) {
      return values;
    }
    in_.go_to(at);
    RETURN_IF_ERROR(in_.expect('['));
    bool more = !in_.take(']');
    while (more) {
      if (vr == Vr::PN && in_.peek() == '{') {
        TRY_ASSIGN(std::string name, read_name());
        values.push_back(std::move(name));
      } else {
        TRY_ASSIGN(JsonScalar scalar, in_.scalar());
        const bool null = scalar.kind == JsonScalar::Kind::Null;
        if (scalar.kind == JsonScalar::Kind::Flag) {
          return in_.fail("true and false are no values of DICOM");
        }
        values.push_back(null ? std::string() : std::move(scalar.text));
      }
      TRY_ASSIGN(more, in_.more(']'));
    }
    return values;
  }

  // {"Alphabetic":…,"Ideographic":…,"Phonetic":…}
  Result<std::string> read_name() {
    std::string groups[3];
    RETURN_IF_ERROR(in_.expect('{'));
    bool more = !in_.take('}');
    while (more) {
      TRY_ASSIGN(const std::string group, in_.string());
      RETURN_IF_ERROR(in_.expect(':'));
      TRY_ASSIGN(JsonScalar scalar, in_.scalar());
      const int index = group == "Alphabetic" ? 0 : group == "Ideographic" ? 1 : group == "Phonetic" ? 2 : -1;
      if (index < 0) {
        return in_.fail("'" + group.substr(0, 40) + "' is no component group of a name");
      }
      groups[index] = scalar.kind == JsonScalar::Kind::Null ? std::string() : std::move(scalar.text);
      TRY_ASSIGN(more, in_.more('}'));
    }
    std::string name = groups[0] + "=" + groups[1] + "=" + groups[2];
    name.erase(name.find_last_not_of('=') + 1);
    return name;
  }

  Status put(Tag tag, Vr vr, const std::vector<std::string>& values, DataSet& into) {
    if (vr_row(vr).is_text) {
      std::string text;
      for (const std::string& value : values) {
        text += &value == &values.front() ? "" : "\\";
        text += vr == Vr::DS && value.size() > 16 ? format_ds(std::strtod(value.c_str(), nullptr)) : value;
      }
      into.text(tag, vr, text);
      return {};
    }
    ByteBuffer bytes;
    for (const std::string& value : values) {
      if (!append_number(bytes, vr, value)) {
        return in_.fail("'" + value.substr(0, 40) + "' is no value of " + std::string(vr_name(vr)));
      }
    }
    into.bytes(tag, vr, bytes);
    return {};
  }

  JsonCursor in_;
  const BulkBytes& nested_;
  std::size_t elements_ = 0;
  bool tag_named_ = false;
};

}  // namespace

Result<std::vector<JsonInstance>> read_dicom_json(std::string_view text, const BulkBytes& nested) {
  return Reader(text, nested).read();
}

}  // namespace tessera::dicom

#include "dicom/charset.h"

#include <iconv.h>

#include <array>
#include <cerrno>
#include <utility>

#include "dicom/character_sets.h"
#include "dicom/utf8.h"

namespace tessera::dicom {
namespace {

constexpr char kEscape = '\x1B';

// An iconv descriptor to UTF-8, opened when first needed. iconv_open fails only where the C library's tables
// are not installed; then every byte counts as undecodable.
class Converter {
 public:
  Converter() = default;
  Converter(const Converter&) = delete;
  Converter& operator=(const Converter&) = delete;
  ~Converter() {
    if (is_open()) {
      iconv_close(handle_);
    }
  }

  // Appends `bytes` in UTF-8 and returns how many of them could not be decoded.
  std::uint64_t convert(const char* from, std::string_view bytes, std::string& out) {
    if (!tried_) {
      tried_ = true;
      handle_ = iconv_open("UTF-8", from);
    }
    std::uint64_t lost = 0;
    while (!bytes.empty()) {
      bytes = convert_some(bytes, out);
      if (!bytes.empty() && (!is_open() || errno != E2BIG)) {
        out += kReplacementCharacter;
        bytes.remove_prefix(1);
        ++lost;
      }
    }
    return lost;
  }

 private:
  bool is_open() const { return handle_ != reinterpret_cast<iconv_t>(-1); }

  // Returns what is left, with errno saying why.
  std::string_view convert_some(std::string_view bytes, std::string& out) {
    if (!is_open()) {
      return bytes;
    }
    std::array<char, 1024> room;
    char* in = const_cast<char*>(bytes.data());  // iconv does not write there
    std::size_t in_left = bytes.size();
    char* to = room.data();
    std::size_t to_left = room.size();
    iconv(handle_, nullptr, nullptr, nullptr, nullptr);
    errno = 0;
    iconv(handle_, &in, &in_left, &to, &to_left);
    const int reason = errno;
    out.append(room.data(), room.size() - to_left);
    errno = reason;
    return bytes.substr(bytes.size() - in_left);
  }

  bool tried_ = false;
  iconv_t handle_ = reinterpret_cast<iconv_t>(-1);
};

bool is_high(char byte) {
  return (static_cast<unsigned char>(byte) & 0x80) != 0;
}

bool is_plain_ascii(std::string_view text) {
  for (const char byte : text) {
    if (is_high(byte) || byte == kEscape) {
      return false;
    }
  }
  return true;
}

// A byte that no Shift JIS text has as a single katakana: where such a byte stands under ISO_IR 13, the
// writer meant Shift JIS, and the next byte (which may be 5C) belongs to it.
bool leads_shift_jis(char byte) {
  const auto b = static_cast<unsigned char>(byte);
  return (b >= 0x81 && b <= 0x9F) || (b >= 0xE0 && b <= 0xFC);
}

}  // namespace

struct TextDecoder::Impl {
  explicit Impl(const std::vector<std::string>& terms)
      : term(find_character_set(terms.empty() ? std::string_view() : std::string_view(terms.front()))) {}

  const CharacterSetTerm& term;
  std::array<std::unique_ptr<Converter>, 21> converters;
  std::uint64_t lost = 0;

  void convert(CodedSet set, std::string_view bytes, std::string& out);
  void copy_utf8(std::string_view bytes, std::string& out);
  std::string decode(std::string_view value, Vr vr, const CharacterSetTerm& start);
};

namespace {

// One value being decoded: what G0 and G1 hold now, and where we are.
class Splitter {
 public:
  Splitter(std::string_view value, Vr vr, const CharacterSetTerm& start)
      : value_(value), vr_(vr), start_(start), g0_(start.g0), g1_(start.g1) {}

  bool done() const { return at_ == value_.size(); }

  // The next run of bytes of one set; controls, delimiters and escapes are dealt with on the way (into
  // `out`).
  std::string_view next(CodedSet& set, std::string& out, std::uint64_t& lost) {
    while (!done()) {
      const char byte = value_[at_];
      if (byte == kEscape) {
        take_escape(out, lost);
      } else if (is_high(byte)) {
        set = g1_;
        return take_high();
      } else if (coded_set_row(g0_).bytes == 2 && static_cast<unsigned char>(byte) > 0x20) {
        set = g0_;
        return take_pairs();
      } else {
        take_single(out);
      }
    }
    return {};
  }

 private:
  void reset() {
    g0_ = start_.g0;
    g1_ = start_.g1;
  }

  void take_escape(std::string& out, std::uint64_t& lost) {
    const EscapeSequence* escape = find_escape(value_.substr(at_ + 1));
    at_ += 1 + (escape ? escape->bytes.size() : 0);
    if (escape) {
      (escape->g1 ? g1_ : g0_) = escape->set;
    } else {
      out += kReplacementCharacter;
      ++lost;
    }
  }

  std::string_view take_high() {
    const std::size_t from = at_;
    while (!done() && is_high(value_[at_])) {
      const bool pair = g1_ == CodedSet::JisKatakana && leads_shift_jis(value_[at_]);
      at_ += pair && at_ + 1 < value_.size() ? 2 : 1;
    }
    return value_.substr(from, at_ - from);
  }

  // Two-byte characters in G0: any byte of a pair may look like a delimiter, so pairs are taken whole.
  std::string_view take_pairs() {
    const std::size_t from = at_;
    while (!done() && !is_high(value_[at_]) && static_cast<unsigned char>(value_[at_]) > 0x20) {
      at_ += at_ + 1 < value_.size() ? 2 : 1;
    }
    return value_.substr(from, at_ - from);
  }

  // PS3.5 6.1.2.5.3: the initial state is back at line ends, page ends, tabs, and delimiters of values and
  // components.
  bool resets(char byte) const {
    if (byte == '\n' || byte == '\r' || byte == '\f' || byte == '\t') {
      return true;
    }
    return separates_values(byte) || (vr_ == Vr::PN && (byte == '^' || byte == '='));
  }
  bool separates_values(char byte) const { return byte == '\\' && !vr_row(vr_).single_value; }

  void take_single(std::string& out) {
    const char byte = value_[at_++];
    // JIS X 0201 has a yen sign and an overline at two places of ASCII; 5C is a delimiter all the same
    // (PS3.5 6.1.2.3).
    if (g0_ == CodedSet::JisRomaji && byte == '\\' && !separates_values(byte)) {
      append_utf8(out, 0xA5);
    } else if (g0_ == CodedSet::JisRomaji && byte == '~') {
      append_utf8(out, 0x203E);
    } else {
      out += byte;
    }
    if (resets(byte)) {
      reset();
    }
  }

  std::string_view value_;
  Vr vr_;
  const CharacterSetTerm& start_;
  CodedSet g0_;
  CodedSet g1_;
  std::size_t at_ = 0;
};

}  // namespace

void TextDecoder::Impl::convert(CodedSet set, std::string_view bytes, std::string& out) {
  const CodedSetRow& row = coded_set_row(set);
  std::unique_ptr<Converter>& converter = converters[static_cast<std::size_t>(set)];
  if (!converter) {
    converter = std::make_unique<Converter>();
  }
  if (row.set != CodedSet::JisX0208 && row.set != CodedSet::JisX0212) {
    lost += converter->convert(row.iconv_name, bytes, out);
    return;
  }
  std::string euc;  // G0 as EUC-JP wants it: high bits set, the supplementary set called up for each character
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (row.prefix != 0 && i % 2 == 0) {
      euc += static_cast<char>(row.prefix);
    }
    euc += static_cast<char>(bytes[i] | 0x80);
  }
  lost += converter->convert(row.iconv_name, euc, out);
}

void TextDecoder::Impl::copy_utf8(std::string_view bytes, std::string& out) {
  while (!bytes.empty()) {
    const std::size_t length = utf8_length(bytes);
    if (length == 0) {
      out += kReplacementCharacter;
      ++lost;
    } else {
      out += bytes.substr(0, length);
    }
    bytes.remove_prefix(length == 0 ? 1 : length);
  }
}

std::string TextDecoder::Impl::decode(std::string_view value, Vr vr, const CharacterSetTerm& start) {
  std::string out;
  out.reserve(value.size() + value.size() / 2);
  if (start.g1 == CodedSet::Utf8) {
    copy_utf8(value, out);
  } else if (start.alone) {
    convert(start.g1, value, out);
  } else {
    Splitter splitter(value, vr, start);
    while (!splitter.done()) {
      CodedSet set = CodedSet::Ascii;
      const std::string_view run = splitter.next(set, out, lost);
      if (!run.empty()) {
        convert(set, run, out);
      }
    }
  }
  return out;
}

TextDecoder::TextDecoder(const std::vector<std::string>& terms) : impl_(std::make_unique<Impl>(terms)) {}
TextDecoder::~TextDecoder() = default;
TextDecoder::TextDecoder(TextDecoder&&) noexcept = default;
TextDecoder& TextDecoder::operator=(TextDecoder&&) noexcept = default;

std::string TextDecoder::to_utf8(ByteView value, Vr vr) {
  const std::string_view text = as_text(value);
  const bool romaji = impl_->term.g0 == CodedSet::JisRomaji;
  if (!romaji && is_plain_ascii(text)) {
    return std::string(text);
  }
  // Code strings, dates, UIDs are of the default repertoire whatever the data set says (PS3.5 6.1.2.2).
  return impl_->decode(text, vr, vr_row(vr).is_charset ? impl_->term : find_character_set(""));
}

std::uint64_t TextDecoder::undecodable() const {
  return impl_->lost;
}

namespace {

bool is_padding(char c) {
  return c == ' ' || c == '\0';
}

std::string_view trimmed(std::string_view value, bool leading) {
  while (!value.empty() && is_padding(value.back())) {
    value.remove_suffix(1);
  }
  while (leading && !value.empty() && value.front() == ' ') {
    value.remove_prefix(1);
  }
  return value;
}

}  // namespace

std::vector<std::string> split_values(std::string_view utf8, Vr vr) {
  const bool one = vr_row(vr).single_value;
  const bool leading = !one && vr != Vr::UC;
  std::vector<std::string> values;
  for (;;) {
    const std::size_t end = one ? std::string_view::npos : utf8.find('\\');
    values.emplace_back(trimmed(utf8.substr(0, end), leading));
    if (end == std::string_view::npos) {
      return values;
    }
    utf8.remove_prefix(end + 1);
  }
}

}  // namespace tessera::dicom

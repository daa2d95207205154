#include "dicom/checks.h"

#include <algorithm>
#include <charconv>

#include "dicom/checks_format.h"
#include "dicom/checks_offsets.h"
#include "dicom/checks_slide.h"
#include "dicom/parser.h"
#include "dicom/tags.h"

namespace tessera::dicom {

namespace {

constexpr std::size_t kHeadBytes = 132;

// "… at byte 412: …" tells the place; a message without one has none.
std::optional<std::uint64_t> byte_named_in(std::string_view message) {
  constexpr std::string_view kWords = "at byte ";
  const std::size_t at = message.find(kWords);
  std::uint64_t byte = 0;
  if (at == message.npos) {
    return std::nullopt;
  }
  const char* first = message.data() + at + kWords.size();
  return std::from_chars(first, message.data() + message.size(), byte).ec == std::errc() ? std::optional(byte)
                                                                                         : std::nullopt;
}

}  // namespace

struct FileCheck::State {
  Findings findings;
  FormatCheck format{findings};
  OffsetCheck offsets{findings};
  SlideCheck slide{findings};
  TokenTee tee{{&format, &offsets, &slide}};
  Parser parser{tee};
  ByteBuffer head;  // the first kHeadBytes
  Status status;
};

FileCheck::FileCheck() : state_(std::make_unique<State>()) {}
FileCheck::~FileCheck() = default;

bool FileCheck::feed(ByteView bytes) {
  State& s = *state_;
  if (s.head.size() < kHeadBytes) {
    const std::size_t part = std::min(kHeadBytes - s.head.size(), bytes.size());
    s.head.insert(s.head.end(), bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(part));
  }
  s.status = s.parser.feed(bytes);
  return s.status.ok();
}

FileVerdict FileCheck::finish() {
  State& s = *state_;
  FileVerdict verdict;
  verdict.is_dicom = s.head.size() == kHeadBytes && as_text(s.head).substr(128) == "DICM";
  if (!verdict.is_dicom) {
    return verdict;
  }
  s.format.on_preamble(s.head);
  if (s.status.ok()) {
    s.status = s.parser.finish();
  }
  s.format.finish();
  if (!s.status.ok()) {
    s.findings.add(Rule::Unreadable, Tag(), byte_named_in(s.status.message()), std::string(s.status.message()));
  }
  verdict.sop_class = s.format.sop_class();
  verdict.is_slide = s.slide.is_slide();
  s.offsets.finish(s.slide.frames(), verdict.is_slide);
  // After a broken parse, what is absent may only not have been reached.
  if (verdict.is_slide && s.status.ok()) {
    s.slide.finish();
    if (!s.offsets.has_pixels()) {
      s.findings.add(Rule::NoPixels, tags::kPixelData, std::nullopt, "PixelData is missing");
    }
  }
  const SlideAttributes& a = s.slide.attributes();
  const auto type = a.texts(Tag(), tags::kImageType);
  verdict.facts = {.name = {},
                   .sop = a.text(Tag(), tags::kSOPInstanceUID),
                   .series = a.text(Tag(), tags::kSeriesInstanceUID),
                   .frame_of_reference = a.text(Tag(), tags::kFrameOfReferenceUID),
                   .container = a.text(Tag(), tags::kContainerIdentifier),
                   .concatenation = a.text(Tag(), tags::kConcatenationUID),
                   .flavor = type.size() >= 3 ? type[2] : "",
                   .columns = a.number(tags::kTotalPixelMatrixColumns, 0),
                   .rows = a.number(tags::kTotalPixelMatrixRows, 0),
                   .width = a.number(tags::kImagedVolumeWidth, 0),
                   .height = a.number(tags::kImagedVolumeHeight, 0)};
  verdict.findings = std::move(s.findings);
  return verdict;
}

}  // namespace tessera::dicom

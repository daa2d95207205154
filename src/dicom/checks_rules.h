// The rules that `tessera check` knows: one table, one row each (checks_rules.cc), and the findings a file makes by
// them. Used by the checks_*.cc files and by whoever prints findings. One thread; memory is bounded: of one rule the
// first few findings are kept, and the count.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "dicom/tag.h"

namespace tessera::dicom {

enum class Severity : std::uint8_t { Error, Warning };

// In the order of the table.
enum class Rule : std::uint8_t {
  Unreadable,
  Preamble,
  MetaMissing,
  MetaGroupLength,
  MetaMismatch,
  TransferSyntax,
  TagOrder,
  OddLength,
  VrMismatch,
  Value,
  Characters,
  NoPixels,
  BasicOffsets,
  ExtendedOffsets,
  ExtendedLengths,
  ExtendedLengthsHeader,
  TwoOffsetTables,
  Fragments,
  FrameCount,
  Missing,
  Empty,
  Enumerated,
  Items,
  ImageType,
  FrameType,
  Matrix,
  TileSize,
  TileCount,
  SingleFrame,
  Positions,
  PositionOutside,
  PositionTwice,
  Orientation,
  Spacing,
  Volume,
  Depth,
  OpticalPaths,
  LabelFlag,
  Photometric,
  Planar,
  Bits,
  Lossy,
  ColorProfile,
  ProfileClass,
  SlideLabel,
  PyramidMember,
  SeriesInstance,
  SeriesFrameOfReference,
  SeriesContainer,
  SeriesLevels,
  SeriesShape,
  SeriesVolume,
};

struct RuleRow {
  Rule rule;
  std::string_view id;
  Severity severity;
  std::string_view why;  // what it costs, and whom
};
const RuleRow& rule_row(Rule rule);

struct Finding {
  Rule rule = Rule::Unreadable;
  Tag tag;                              // 0: none
  std::optional<std::uint64_t> offset;  // in the file
  std::string what;                     // one sentence, printable
};

// Findings kept of one rule: a few of what every frame may break, all of what the table of attributes may.
std::size_t kept_of(Rule rule);

class Findings {
 public:
  void add(Rule rule, Tag tag, std::optional<std::uint64_t> offset, std::string what);
  // All of another's, its counts too.
  void add_all(const Findings& other);

  const std::vector<Finding>& kept() const { return kept_; }
  std::uint64_t count(Rule rule) const;
  std::uint64_t count(Severity severity) const;

 private:
  std::vector<Finding> kept_;
  std::vector<std::uint64_t> counts_;  // by rule
};

// The keyword, or the numbers where there is none.
std::string name_of(Tag tag);

// `text` with everything but printable ASCII as "?", cut at 64 characters: bytes from outside end up on terminals.
std::string printable(std::string_view text);

}  // namespace tessera::dicom

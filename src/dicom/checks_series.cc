// The rules across the files of one series (wsi-dicom §1c, §1f; dicom-microscopy-viewer's pyramid).
#include <algorithm>
#include <cmath>
#include <map>

#include "dicom/checks.h"
#include "dicom/tags.h"

namespace tessera::dicom {

namespace {

using Files = std::vector<const CheckedFile*>;

std::string size_of(const CheckedFile& file) {
  return std::to_string(static_cast<std::uint64_t>(file.columns)) + " x " +
         std::to_string(static_cast<std::uint64_t>(file.rows));
}

void check_same(const Files& files, std::string CheckedFile::*member, Rule rule, Tag tag, const char* keyword,
                Findings& findings) {
  for (const CheckedFile* file : files) {
    if (file->*member != files.front()->*member) {
      findings.add(rule, tag, std::nullopt,
                   std::string(keyword) + " is " + printable(file->*member) + " in " + file->name + " and " +
                       printable(files.front()->*member) + " in " + files.front()->name);
    }
  }
}

void check_instances(const Files& files, Findings& findings) {
  std::map<std::string, const CheckedFile*> by_uid;
  for (const CheckedFile* file : files) {
    const auto [found, is_new] = by_uid.emplace(file->sop, file);
    if (!is_new && !file->sop.empty()) {
      findings.add(Rule::SeriesInstance, tags::kSOPInstanceUID, std::nullopt,
                   found->second->name + " and " + file->name + " are both instance " + printable(file->sop));
    }
  }
}

// Two whole levels of one size are told apart by nobody; parts of one concatenation are one level, and so is one
// instance in two files. A thumbnail takes part: viewers stack it, too.
void check_sizes(const Files& levels, Findings& findings) {
  std::map<std::pair<double, double>, const CheckedFile*> by_size;
  for (const CheckedFile* file : levels) {
    const auto [found, is_new] = by_size.emplace(std::pair(file->columns, file->rows), file);
    const bool same_level = (!file->concatenation.empty() && file->concatenation == found->second->concatenation) ||
                            file->sop == found->second->sop;
    if (!is_new && !same_level) {
      findings.add(Rule::SeriesLevels, tags::kTotalPixelMatrixColumns, std::nullopt,
                   found->second->name + " and " + file->name + " are both " + size_of(*file) + " pixels");
    }
  }
}

void check_shapes(const Files& levels, Findings& findings) {
  const CheckedFile& base = **std::max_element(levels.begin(), levels.end(), [](const auto* a, const auto* b) {
    return a->columns * a->rows < b->columns * b->rows;
  });
  for (const CheckedFile* file : levels) {
    if (file->columns < 1 || file->rows < 1) {
      continue;
    }
    const double across = base.columns / file->columns;
    const double down = base.rows / file->rows;
    // Each halving rounds away less than a pixel of the level: two at most in all.
    const double factor = std::max(across, down);
    const bool fits =
        std::abs(base.columns / factor - file->columns) <= 2 && std::abs(base.rows / factor - file->rows) <= 2;
    if (!fits) {
      findings.add(Rule::SeriesShape, tags::kTotalPixelMatrixColumns, std::nullopt,
                   file->name + " has " + size_of(*file) + " pixels, " + base.name + " has " + size_of(base));
    }
  }
}

// Rounding of single-precision values apart.
void check_volumes(const Files& levels, Findings& findings) {
  constexpr double kTolerance = 0.02;
  const auto differ = [](double a, double b) { return std::abs(a - b) > kTolerance * std::max(a, b); };
  const CheckedFile& first = *levels.front();
  for (const CheckedFile* file : levels) {
    if (differ(file->width, first.width) || differ(file->height, first.height)) {
      findings.add(Rule::SeriesVolume, tags::kImagedVolumeWidth, std::nullopt,
                   file->name + " shows " + std::to_string(file->width) + " x " + std::to_string(file->height) +
                       " mm, " + first.name + " " + std::to_string(first.width) + " x " + std::to_string(first.height));
    }
  }
}

}  // namespace

std::vector<SeriesVerdict> check_series(const std::vector<CheckedFile>& slides) {
  std::map<std::string, Files> by_series;
  for (const CheckedFile& slide : slides) {
    by_series[slide.series].push_back(&slide);
  }
  std::vector<SeriesVerdict> verdicts;
  for (const auto& [series, files] : by_series) {
    SeriesVerdict verdict{series, {}};
    check_same(files, &CheckedFile::frame_of_reference, Rule::SeriesFrameOfReference, tags::kFrameOfReferenceUID,
               "FrameOfReferenceUID", verdict.findings);
    check_same(files, &CheckedFile::container, Rule::SeriesContainer, tags::kContainerIdentifier, "ContainerIdentifier",
               verdict.findings);
    check_instances(files, verdict.findings);
    Files levels, pyramid;
    for (const CheckedFile* file : files) {
      if (file->flavor == "VOLUME") {
        levels.push_back(file);
      }
      if (file->flavor == "VOLUME" || file->flavor == "THUMBNAIL") {
        pyramid.push_back(file);
      }
    }
    check_sizes(pyramid, verdict.findings);
    if (!levels.empty()) {
      check_shapes(levels, verdict.findings);
      check_volumes(levels, verdict.findings);
    }
    verdicts.push_back(std::move(verdict));
  }
  return verdicts;
}

}  // namespace tessera::dicom

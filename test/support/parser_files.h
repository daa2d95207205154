// Files made element by element and what the parser says of them: for the tests of the parser.
#pragma once

#include <gmock/gmock.h>

#include <string>
#include <string_view>

#include "dicom/parser.h"
#include "dicom/transfer_syntax.h"
#include "support/dicom_bytes.h"
#include "support/token_log.h"

namespace tessera::test {

// Bytes before the data set that DicomBytes::start makes: preamble, group length and the padded syntax.
inline constexpr std::size_t kExplicitStart = 132 + 12 + 8 + 20;

inline DicomBytes explicit_file() {
  return DicomBytes().start(dicom::kExplicitLittleEndian);
}
inline DicomBytes implicit_file() {
  return DicomBytes().start(dicom::kImplicitLittleEndian);
}

inline std::string tokens_of(const DicomBytes& file) {
  TokenLog log;
  const Status status = parse_in_pieces(file.view(), SIZE_MAX, log);
  EXPECT_TRUE(status.ok()) << status.message();
  EXPECT_EQ(log.open, 0);
  return log.text;
}

inline Status failure_of(const DicomBytes& file, dicom::ParserLimits limits = {}) {
  TokenLog log;
  const Status status = parse_in_pieces(file.view(), SIZE_MAX, log, limits);
  TokenLog bytewise;
  const Status same = parse_in_pieces(file.view(), 1, bytewise, limits);
  EXPECT_EQ(same.message(), status.message()) << "one byte at a time tells another story";
  return status;
}

inline void expect_corrupt(const DicomBytes& file, std::string_view what) {
  const Status status = failure_of(file);
  EXPECT_EQ(status.code(), Code::Corrupt);
  EXPECT_THAT(std::string(status.message()), ::testing::HasSubstr(std::string(what)));
}

}  // namespace tessera::test

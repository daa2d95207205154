// Validation: the value rules of the service contract (service-api §1, "v1 vs v2 validation").
//
//   v1        a searchable attribute that breaks its VR's rule refuses the instance; others are not looked at
//   v2        every attribute, nested ones too, is looked at; each bad one is a warning, and the instance is stored
//   standard  UIDs only (PS3.18 asks for no more); PatientID may be absent
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "dicom/token.h"

namespace tessera::archive {

enum class Strictness { Standard, V1, V2 };

struct AttributeError {
  dicom::Tag tag;
  std::string text;
};

// The rule that `value` breaks as a value of `vr`, in words; empty when it keeps them all. Padding is not counted.
std::string broken_rule(dicom::Vr vr, ByteView value);

// A token sink that collects what breaks the rules; at most kMaxErrors.
class Validator final : public dicom::TokenSink {
 public:
  static constexpr std::size_t kMaxErrors = 100;

  explicit Validator(Strictness strictness) : strictness_(strictness) {}
  Status on_value(const dicom::ElementHeader&, ByteView) override;

  const std::vector<AttributeError>& errors() const { return errors_; }
  bool multiple_values() const { return multiple_values_; }  // in a searchable single-valued attribute

 private:
  const Strictness strictness_;
  std::vector<AttributeError> errors_;
  bool multiple_values_ = false;
};

}  // namespace tessera::archive

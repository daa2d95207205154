// Result<T>: a value or the Status that says why there is none.
//
//   Result<FrameTable> table = FrameTable::open(source);
//   if (!table.ok()) return table.status();
//   use(*table);
//
// TRY_ASSIGN(auto table, FrameTable::open(source)); is the same in one line, RETURN_IF_ERROR(status) its
// value-less twin. Reading the value of a failed Result ends the program: it is a defect of the reader, never
// of input.
#pragma once

#include <cstdlib>
#include <utility>
#include <variant>

#include "base/status.h"

namespace tessera {

template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : held_(std::in_place_index<0>, std::move(value)) {}        // NOLINT: implicit on purpose
  Result(Status status) : held_(std::in_place_index<1>, std::move(status)) {  // NOLINT: implicit on purpose
    if (std::get<1>(held_).ok()) {
      std::abort();
    }
  }

  bool ok() const { return held_.index() == 0; }
  Status status() const { return ok() ? Status() : std::get<1>(held_); }

  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(value()); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

  T& value() {
    if (!ok()) {
      std::abort();
    }
    return std::get<0>(held_);
  }
  const T& value() const { return const_cast<Result*>(this)->value(); }

 private:
  std::variant<T, Status> held_;
};

}  // namespace tessera

#define TESSERA_CONCAT_INNER(a, b) a##b
#define TESSERA_CONCAT(a, b) TESSERA_CONCAT_INNER(a, b)

#define RETURN_IF_ERROR_INNER(held, expression) \
  do {                                          \
    ::tessera::Status held = (expression);      \
    if (!held.ok()) {                           \
      return held;                              \
    }                                           \
  } while (false)

#define RETURN_IF_ERROR(expression) RETURN_IF_ERROR_INNER(TESSERA_CONCAT(status_of_call_, __LINE__), expression)

#define TRY_ASSIGN_INNER(held, declaration, expression) \
  auto held = (expression);                             \
  if (!held.ok()) {                                     \
    return held.status();                               \
  }                                                     \
  declaration = std::move(*held)

#define TRY_ASSIGN(declaration, expression) \
  TRY_ASSIGN_INNER(TESSERA_CONCAT(result_of_call_, __LINE__), declaration, expression)

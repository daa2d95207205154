#include "auth/json.h"

#include <algorithm>
#include <boost/json/basic_parser_impl.hpp>
#include <utility>

namespace tessera::auth {

namespace {

namespace bj = boost::json;
using Error = bj::error_code;
using View = bj::string_view;

// What the parser calls: builds the tree, one open array or object per element of `open_`.
class Builder {
 public:
  static constexpr std::size_t max_array_size = SIZE_MAX;
  static constexpr std::size_t max_object_size = SIZE_MAX;
  static constexpr std::size_t max_string_size = SIZE_MAX;
  static constexpr std::size_t max_key_size = SIZE_MAX;

  explicit Builder(std::size_t max_values) : left_(max_values) {}

  bool on_document_begin(Error&) { return true; }
  bool on_document_end(Error&) { return true; }
  bool on_array_begin(Error& error) { return open(Json::Kind::Array, error); }
  bool on_array_end(std::size_t, Error&) { return close(); }
  bool on_object_begin(Error& error) { return open(Json::Kind::Object, error); }
  bool on_object_end(std::size_t, Error&) { return close(); }
  bool on_string_part(View part, std::size_t, Error&) { return gather(part); }
  bool on_string(View part, std::size_t, Error& error) {
    gather(part);
    Json* value = add(Json::Kind::String, error);
    if (value == nullptr) {
      return false;
    }
    value->text = std::move(gathered_);
    gathered_.clear();
    return true;
  }
  bool on_key_part(View part, std::size_t, Error&) { return gather(part); }
  bool on_key(View part, std::size_t, Error& error) {
    gather(part);
    auto& members = open_.back()->members;
    for (const auto& [name, value] : members) {
      if (name == gathered_) {
        error = bj::error::exception;
        problem_ = "a member occurs twice";
        return false;
      }
    }
    members.push_back({std::move(gathered_), Json()});
    gathered_.clear();
    return true;
  }
  bool on_number_part(View, Error&) { return true; }
  bool on_int64(std::int64_t number, View, Error& error) { return add_number(static_cast<double>(number), error); }
  bool on_uint64(std::uint64_t number, View, Error& error) { return add_number(static_cast<double>(number), error); }
  bool on_double(double number, View, Error& error) { return add_number(number, error); }
  bool on_bool(bool flag, Error& error) {
    Json* value = add(Json::Kind::Bool, error);
    if (value != nullptr) {
      value->flag = flag;
    }
    return value != nullptr;
  }
  bool on_null(Error& error) { return add(Json::Kind::Null, error) != nullptr; }
  bool on_comment_part(View, Error&) { return true; }
  bool on_comment(View, Error&) { return true; }

  Json take() { return std::move(root_); }
  std::string_view problem() const { return problem_; }

 private:
  bool gather(View part) {
    gathered_.append(part.data(), part.size());
    return true;
  }

  // The place of the next value; addresses hold while it is open, because a container grows only once its last value
  // is closed.
  Json* add(Json::Kind kind, Error& error) {
    if (left_ == 0) {
      error = bj::error::exception;
      problem_ = "more values than are taken here";
      return nullptr;
    }
    --left_;
    Json* value = &root_;
    if (!open_.empty() && open_.back()->is(Json::Kind::Object)) {
      value = &open_.back()->members.back().value;
    } else if (!open_.empty()) {
      value = &open_.back()->items.emplace_back();
    }
    value->kind = kind;
    return value;
  }
  bool add_number(double number, Error& error) {
    Json* value = add(Json::Kind::Number, error);
    if (value != nullptr) {
      value->number = number;
    }
    return value != nullptr;
  }
  bool open(Json::Kind kind, Error& error) {
    Json* value = add(kind, error);
    if (value != nullptr) {
      open_.push_back(value);
    }
    return value != nullptr;
  }
  bool close() {
    open_.pop_back();
    return true;
  }

  Json root_;
  std::vector<Json*> open_;
  std::string gathered_;
  std::size_t left_;
  std::string_view problem_;
};

}  // namespace

const Json* Json::find(std::string_view name) const {
  for (const auto& [key, value] : members) {
    if (key == name) {
      return &value;
    }
  }
  return nullptr;
}

std::string_view Json::string_of(std::string_view name) const {
  const Json* value = find(name);
  return value != nullptr && value->is(Kind::String) ? std::string_view(value->text) : std::string_view();
}

Result<Json> parse_json(std::string_view text, JsonLimits limits) {
  bj::parse_options options;
  options.max_depth = limits.depth;
  bj::basic_parser<Builder> parser(options, limits.values);
  Error error;
  const std::size_t read = parser.write_some(false, text.data(), text.size(), error);
  if (error) {
    const std::string_view problem = parser.handler().problem();
    return Status(Code::Corrupt, "read JSON, byte " + std::to_string(read) + ": " +
                                     (problem.empty() ? error.message() : std::string(problem)));
  }
  if (read != text.size()) {
    return Status(Code::Corrupt, "read JSON, byte " + std::to_string(read) + ": something follows the value");
  }
  return parser.handler().take();
}

}  // namespace tessera::auth

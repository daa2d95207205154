// What each handler does, takes and answers, in the words that descriptions of the service are made of (OpenAPI, WADL).
// One row a handler; routes_test.cc holds every route against it. Plain data.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "dicomweb/routes.h"

namespace tessera::dicomweb {

struct Operation {
  Handler handler;
  std::string_view name;        // of what it is about: "Metadata"
  std::string_view summary;     // one line
  std::string_view takes;       // media types of a request's body, separated by spaces; empty: there is none
  std::string_view gives;       // media types of a success; empty: no body
  std::string_view parameters;  // of the query, separated by spaces; "*": attributes, too
  std::string_view statuses;    // separated by spaces, a success first; those that every route has are left out
};

// A route without a row is a defect that the tests find; it is described as nothing.
const Operation& operation_of(const Route& route);

// Unique among routes: "getMetadataOfStudy".
std::string operation_id(const Route& route);

// 401 and 403 of those who may not, 429 of who asks too often, 500 and 503.
inline constexpr std::string_view kCommonStatuses = "400 401 403 429 500 503";

// The words of a list that is separated by spaces.
std::vector<std::string_view> words_of(std::string_view list);

}  // namespace tessera::dicomweb

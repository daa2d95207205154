#include "dicomweb/errors.h"

#include <algorithm>
#include <array>

#include "dicom/json.h"
#include "net/field_text.h"
#include "net/media_type.h"

namespace tessera::dicomweb {

namespace {

constexpr std::string_view kProblem = "application/problem+json";

struct Row {
  Code code;
  int http;
};

constexpr std::array kRows = {
    Row{Code::InvalidArgument, 400},
    Row{Code::Unauthenticated, 401},
    Row{Code::PermissionDenied, 403},
    Row{Code::NotFound, 404},
    Row{Code::NotAcceptable, 406},
    Row{Code::AlreadyExists, 409},
    Row{Code::Busy, 409},
    Row{Code::TooLarge, 413},
    Row{Code::Unsupported, 415},
    Row{Code::Cancelled, 400},
    Row{Code::Corrupt, 500},
    Row{Code::IoError, 500},
    Row{Code::Internal, 500},
    Row{Code::Unavailable, 503},
    Row{Code::NoSpace, 507},
};

std::string sentence(int http, const Status& status) {
  switch (http) {
    case 500:
      return "The server failed to answer this request; its log says why under the request id.";
    case 503:
      return "Something this server depends on does not answer; try again later.";
    case 507:
      return "There is no space left to store this.";
    default:
      return std::string(status.message());
  }
}

}  // namespace

int http_status(Code code) {
  for (const Row& row : kRows) {
    if (row.code == code) {
      return row.http;
    }
  }
  return 500;
}

net::Response error_response(const Status& status) {
  net::Response response;
  response.status = http_status(status.code());
  response.set("Content-Type", "text/plain; charset=utf-8");
  response.set("Cache-Control", "no-store");
  response.body = sentence(response.status, status) + "\n";
  return response;
}

namespace {

bool names_problem(const net::Request& request) {
  for (const auto& [name, value] : request.fields) {
    if (!net::same_word(name, "accept")) {
      continue;
    }
    const auto alternatives = net::parse_accept(value);
    const auto is_problem = [](const net::MediaType& asked) { return asked.type == kProblem; };
    if (alternatives.ok() && std::any_of(alternatives->begin(), alternatives->end(), is_problem)) {
      return true;
    }
  }
  return false;
}

}  // namespace

void prefer_problem(const net::Request& request, net::Response& response) {
  const auto type = std::find_if(response.fields.begin(), response.fields.end(),
                                 [](const auto& field) { return field.first == "Content-Type"; });
  auto* text = std::get_if<std::string>(&response.body);
  if (response.status < 400 || text == nullptr || type == response.fields.end() ||
      !type->second.starts_with("text/plain") || !names_problem(request)) {
    return;
  }
  std::string sentence = std::move(*text);
  sentence.erase(sentence.find_last_not_of('\n') + 1);
  std::string json = "{\"status\":" + std::to_string(response.status) + ",\"detail\":";
  dicom::append_json_string(json, sentence);
  type->second = std::string(kProblem);
  *text = json + "}";
}

}  // namespace tessera::dicomweb

#include "dicomweb/descriptions.h"

#include <algorithm>
#include <array>
#include <vector>

#include "base/markup.h"
#include "dicomweb/operations.h"
#include "dicomweb/path_match.h"

namespace tessera::dicomweb {

namespace {

struct Word {
  std::string_view name, about;
};
constexpr std::array kPathWords = {
    Word{"partition", "1 to 64 letters, digits, '.', '-' or '_'"},
    Word{"study", "StudyInstanceUID"},
    Word{"series", "SeriesInstanceUID"},
    Word{"instance", "SOPInstanceUID"},
    Word{"frame", "number of a frame, from 1"},
    Word{"frames", "numbers of frames, from 1, separated by ','"},
    Word{"path", "as the BulkDataURI has it"},
};
constexpr std::array kStatusWords = {
    Word{"200", "done, or found"},
    Word{"202", "some were stored, or all with warnings"},
    Word{"204", "done, or nothing found"},
    Word{"206", "the ranges that were asked for"},
    Word{"304", "the entity tag still holds"},
    Word{"400", "a parameter, a UID or the body is wrong; the text says which"},
    Word{"401", "no valid credential"},
    Word{"403", "not granted"},
    Word{"404", "not stored here"},
    Word{"406", "no acceptable representation"},
    Word{"409", "nothing was stored; the data set says why"},
    Word{"413", "above a limit"},
    Word{"415", "another media type is needed"},
    Word{"416", "no such range"},
    Word{"429", "too many requests; Retry-After says when"},
    Word{"500", "the server failed; its log says why"},
    Word{"503", "something the server depends on does not answer"},
    Word{"507", "no space left"},
};

template <std::size_t N>
std::string_view about(const std::array<Word, N>& words, std::string_view name) {
  const auto found = std::find_if(words.begin(), words.end(), [name](const Word& word) { return word.name == name; });
  return found == words.end() ? std::string_view() : found->about;
}

// The pattern as templates know it: every variable has a name, and the partition is part of the path.
std::string template_of(const Route& route, bool partitions_on) {
  std::string path = partitions_on && route.partition != Partition::None ? "/partitions/{partition}" : "";
  path += route.pattern;
  const std::size_t tail = path.find("{*}");
  if (tail != path.npos) {
    path.replace(tail, 3, path.find("/frames/") != path.npos ? "{frames}" : "{path}");
  }
  return path;
}

std::vector<std::string> variables_of(std::string_view path) {
  std::vector<std::string> names;
  for (std::size_t at = path.find('{'); at != path.npos; at = path.find('{', at + 1)) {
    names.emplace_back(path.substr(at + 1, path.find('}', at) - at - 1));
  }
  return names;
}

// Single quotes keep everything as it is, but themselves.
std::string yaml_text(std::string_view text) {
  std::string out = "'";
  for (const char c : text) {
    out += c == '\'' ? "''" : std::string(1, c);
  }
  return out + "'";
}

std::string yaml_parameters(const std::string& path, const Operation& operation) {
  std::string out;
  for (const std::string& name : variables_of(path)) {
    out += "        - {name: " + name +
           ", in: path, required: true, schema: {type: string}, description: " + yaml_text(about(kPathWords, name)) +
           "}\n";
  }
  for (const std::string_view name : words_of(operation.parameters)) {
    if (name == "*") {
      out +=
          "        - {name: attributes, in: query, style: form, explode: true, schema: {type: object, "
          "additionalProperties: {type: string}}, description: 'keywords or tags of attributes that must match'}\n";
    } else {
      out += "        - {name: " + std::string(name) + ", in: query, schema: {type: string}}\n";
    }
  }
  return out.empty() ? out : "      parameters:\n" + out;
}

std::string yaml_content(std::string_view media_types, std::string_view indent) {
  std::string out = std::string(indent) + "content:\n";
  for (const std::string_view type : words_of(media_types)) {
    out += std::string(indent) + "  " + yaml_text(type) + ": {schema: {}}\n";
  }
  return out;
}

std::string yaml_responses(const Operation& operation) {
  std::string out = "      responses:\n";
  const std::vector<std::string_view> own = words_of(operation.statuses);
  std::vector<std::string_view> all = own;
  for (const std::string_view status : words_of(kCommonStatuses)) {
    all.push_back(status);
  }
  std::sort(all.begin(), all.end());
  for (const std::string_view status : all) {
    out += "        '" + std::string(status) + "':\n          description: " + yaml_text(about(kStatusWords, status)) +
           "\n";
    if (status < "204" && !operation.gives.empty()) {
      out += yaml_content(operation.gives, "          ");
    } else if (status >= "400") {
      out += yaml_content("text/plain application/problem+json", "          ");
    }
  }
  return out;
}

std::string yaml_operation(const Route& route, const std::string& path) {
  const Operation& operation = operation_of(route);
  std::string method(net::method_name(route.method));
  std::transform(method.begin(), method.end(), method.begin(), [](char c) { return static_cast<char>(c | 0x20); });
  std::string out = "    " + method + ":\n      operationId: " + operation_id(route) +
                    "\n      summary: " + yaml_text(operation.summary) + "\n";
  out += yaml_parameters(path, operation);
  if (!operation.takes.empty()) {
    out += "      requestBody:\n        required: true\n" + yaml_content(operation.takes, "        ");
  }
  return out + yaml_responses(operation);
}

// The distinct paths of the table, in its order.
std::vector<std::string> paths_of(bool partitions_on) {
  std::vector<std::string> paths;
  for (const Route& route : routes()) {
    const std::string path = template_of(route, partitions_on);
    if (std::find(paths.begin(), paths.end(), path) == paths.end()) {
      paths.push_back(path);
    }
  }
  return paths;
}

std::string_view version_of(Profile profile) {
  switch (profile) {
    case Profile::V1:
      return "1";
    case Profile::V2:
      return "2";
    case Profile::Standard:
      break;
  }
  return "PS3.18";
}

std::string wadl_method(const Route& route) {
  const Operation& operation = operation_of(route);
  std::string out = "      <method name=\"" + std::string(net::method_name(route.method)) + "\" id=\"" +
                    operation_id(route) + "\">\n        <doc>" + markup_text(operation.summary) + "</doc>\n";
  std::string request;
  for (const std::string_view name : words_of(operation.parameters)) {
    request += name == "*" ? "" : "          <param name=\"" + std::string(name) + "\" style=\"query\"/>\n";
  }
  for (const std::string_view type : words_of(operation.takes)) {
    request += "          <representation mediaType=\"" + std::string(type) + "\"/>\n";
  }
  out += request.empty() ? "" : "        <request>\n" + request + "        </request>\n";
  out += "        <response status=\"" + std::string(operation.statuses) + " " + std::string(kCommonStatuses) + "\">\n";
  for (const std::string_view type : words_of(operation.gives)) {
    out += "          <representation mediaType=\"" + std::string(type) + "\"/>\n";
  }
  return out + "        </response>\n      </method>\n";
}

}  // namespace

std::string openapi(std::string_view base_url, Profile profile, bool partitions_on) {
  std::string out =
      "openapi: 3.0.3\ninfo:\n  title: Tessera DICOM service\n  version: " + yaml_text(version_of(profile)) +
      "\nservers:\n  - url: " + yaml_text(base_url) +
      "\nsecurity:\n  - {}\n  - bearer: []\ncomponents:\n  securitySchemes:\n"
      "    bearer: {type: http, scheme: bearer}\npaths:\n";
  for (const std::string& path : paths_of(partitions_on)) {
    out += "  " + yaml_text(path) + ":\n";
    for (const Route& route : routes()) {
      out += template_of(route, partitions_on) == path ? yaml_operation(route, path) : "";
    }
  }
  return out;
}

std::string wadl(std::string_view base_url, bool partitions_on, std::string_view path) {
  std::string out =
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<application xmlns=\"http://wadl.dev.java.net/2009/02\">\n"
      "  <resources base=\"" +
      markup_text(base_url) + "\">\n";
  for (const std::string& resource : paths_of(partitions_on)) {
    std::string methods;
    for (const Route& route : routes()) {
      Captures captures;
      const bool asked = path.empty() || match_pattern(route.pattern, path, captures);
      methods += asked && template_of(route, partitions_on) == resource ? wadl_method(route) : "";
    }
    if (methods.empty()) {
      continue;
    }
    out += "    <resource path=\"" + markup_text(std::string_view(resource).substr(1)) + "\">\n";
    for (const std::string& name : variables_of(resource)) {
      out += "      <param name=\"" + name + "\" style=\"template\" required=\"true\"/>\n";
    }
    out += methods + "    </resource>\n";
  }
  return out + "  </resources>\n</application>\n";
}

}  // namespace tessera::dicomweb

#include "slide/xml.h"

#include <expat.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <memory>

namespace tessera::slide {

namespace {

constexpr std::size_t kMaxDepth = 64;
// The descriptions of real slides have hundreds. A tree at both limits takes below 100 MiB.
constexpr std::size_t kMaxElements = 100'000;
constexpr std::size_t kMaxAttributes = 500'000;

std::string local_name(std::string_view name) {
  return std::string(name.substr(name.find(':') + 1));  // npos + 1 is 0: all of it
}

// What expat calls back into: builds the tree along a stack of open elements.
class Builder {
 public:
  explicit Builder(XML_Parser parser) : parser_(parser) {
    XML_SetUserData(parser, this);
    XML_SetElementHandler(
        parser,
        [](void* self, const XML_Char* name, const XML_Char** attributes) {
          static_cast<Builder*>(self)->open(name, attributes);
        },
        [](void* self, const XML_Char*) { static_cast<Builder*>(self)->close(); });
    XML_SetCharacterDataHandler(parser, [](void* self, const XML_Char* text, int length) {
      static_cast<Builder*>(self)->characters({text, static_cast<std::size_t>(length)});
    });
    XML_SetStartDoctypeDeclHandler(parser, [](void* self, const XML_Char*, const XML_Char*, const XML_Char*, int) {
      static_cast<Builder*>(self)->stop(Code::Unsupported,
                                        "has a document type declaration; it may declare entities, so none is taken");
    });
  }

  const Status& stopped() const { return stopped_; }
  XmlElement take_root() { return std::move(root_); }

 private:
  void stop(Code code, const std::string& why) {
    stopped_ = Status(code, why);
    XML_StopParser(parser_, XML_FALSE);
  }

  void open(const XML_Char* name, const XML_Char** attributes) {
    if (open_.size() >= kMaxDepth || ++elements_ > kMaxElements) {
      const bool deep = open_.size() >= kMaxDepth;
      stop(Code::TooLarge, deep ? "elements lie deeper than " + std::to_string(kMaxDepth)
                                : "more than " + std::to_string(kMaxElements) + " elements");
      return;
    }
    XmlElement& element = open_.empty() ? root_ : open_.back()->children.emplace_back();
    element.name = local_name(name);
    for (; *attributes != nullptr; attributes += 2) {
      if (++attributes_ > kMaxAttributes) {
        stop(Code::TooLarge, "more than " + std::to_string(kMaxAttributes) + " attributes");
        return;
      }
      element.attributes.emplace_back(attributes[0], attributes[1]);
    }
    open_.push_back(&element);  // stays where it is: a parent's children grow only after this one is closed
  }

  void close() {
    std::string& text = open_.back()->text;
    text = std::string(trimmed(text));
    open_.pop_back();
  }

  void characters(std::string_view text) { open_.back()->text += text; }

  const XML_Parser parser_;
  XmlElement root_;
  std::vector<XmlElement*> open_;
  std::size_t elements_ = 0, attributes_ = 0;
  Status stopped_;
};

struct FreeParser {
  void operator()(XML_Parser parser) const { XML_ParserFree(parser); }
};

}  // namespace

std::string_view XmlElement::attribute(std::string_view wanted) const {
  const auto found =
      std::find_if(attributes.begin(), attributes.end(), [&](const auto& a) { return a.first == wanted; });
  return found == attributes.end() ? std::string_view() : std::string_view(found->second);
}

const XmlElement* XmlElement::child(std::string_view wanted) const {
  const auto found = std::find_if(children.begin(), children.end(), [&](const auto& c) { return c.name == wanted; });
  return found == children.end() ? nullptr : &*found;
}

const XmlElement* XmlElement::at(std::initializer_list<std::string_view> path) const {
  const XmlElement* element = this;
  for (const std::string_view step : path) {
    element = element->child(step);
    if (element == nullptr) {
      return nullptr;
    }
  }
  return element;
}

std::string_view XmlElement::text_at(std::initializer_list<std::string_view> path) const {
  const XmlElement* element = at(path);
  return element == nullptr ? std::string_view() : std::string_view(element->text);
}

Result<XmlElement> parse_xml(std::string_view text) {
  if (text.size() > kMaxXml) {
    return Status(Code::TooLarge,
                  "XML of " + std::to_string(text.size()) + " bytes is above the limit of " + std::to_string(kMaxXml));
  }
  const std::unique_ptr<XML_ParserStruct, FreeParser> parser(XML_ParserCreate(nullptr));
  if (parser == nullptr) {
    return Status(Code::Internal, "expat gives no parser");
  }
  Builder builder(parser.get());
  const XML_Status status = XML_Parse(parser.get(), text.data(), static_cast<int>(text.size()), XML_TRUE);
  if (!builder.stopped().ok()) {
    return builder.stopped();
  }
  if (status != XML_STATUS_OK) {
    return Status(Code::Corrupt, "its XML is not well-formed at line " +
                                     std::to_string(XML_GetCurrentLineNumber(parser.get())) + ", column " +
                                     std::to_string(XML_GetCurrentColumnNumber(parser.get())) + ": " +
                                     XML_ErrorString(XML_GetErrorCode(parser.get())));
  }
  return builder.take_root();
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n\f\v";
  const std::size_t first = text.find_first_not_of(kSpace);
  return first == std::string_view::npos ? std::string_view()
                                         : text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}

std::optional<double> number_in(std::string_view text) {
  text = trimmed(text);
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size() && std::isfinite(value) ? std::optional(value)
                                                                                          : std::nullopt;
}

std::optional<std::uint64_t> whole_in(std::string_view text) {
  text = trimmed(text);
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size() ? std::optional(value) : std::nullopt;
}

}  // namespace tessera::slide

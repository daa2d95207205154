#include "slide/xml.h"

#include <gtest/gtest.h>

namespace tessera::slide {
namespace {

std::string repeated(const std::string& text, std::size_t times) {
  std::string out;
  for (std::size_t i = 0; i < times; ++i) {
    out += text;
  }
  return out;
}

TEST(ParseXml, gives_names_without_prefix_attributes_and_trimmed_text) {
  const auto root =
      parse_xml("<?xml version='1.0'?><!-- c --><s:a s:x='1' y='&quot;2&quot;'>\n <s:b> t&amp;u </s:b> v</s:a>");
  ASSERT_TRUE(root.ok()) << root.status().message();
  EXPECT_EQ(root->name, "a");
  EXPECT_EQ(root->attribute("s:x"), "1");
  EXPECT_EQ(root->attribute("y"), "\"2\"");
  EXPECT_EQ(root->attribute("z"), "");
  EXPECT_EQ(root->text, "v");
  EXPECT_EQ(root->text_at({"b"}), "t&u");
  EXPECT_EQ(root->at({"b", "c"}), nullptr);
}

TEST(ParseXml, names_line_and_column_of_what_is_not_well_formed) {
  const auto root = parse_xml("<a>\n<b></a>");
  ASSERT_FALSE(root.ok());
  EXPECT_EQ(root.status().code(), Code::Corrupt);
  EXPECT_EQ(root.status().message(), "its XML is not well-formed at line 2, column 5: mismatched tag");
  EXPECT_FALSE(parse_xml("").ok());
  EXPECT_FALSE(parse_xml("<a>").ok());
}

TEST(ParseXml, refuses_every_document_type_declaration) {
  for (const char* text : {"<!DOCTYPE a><a/>", "<!DOCTYPE a SYSTEM 'file:///etc/passwd'><a/>",
                           "<!DOCTYPE a [<!ENTITY b 'bbbb'><!ENTITY c '&b;&b;&b;&b;'>]><a>&c;</a>",
                           "<!DOCTYPE a [<!ENTITY x SYSTEM 'http://127.0.0.1/'>]><a>&x;</a>"}) {
    const auto root = parse_xml(text);
    ASSERT_FALSE(root.ok()) << text;
    EXPECT_EQ(root.status().code(), Code::Unsupported) << text;
  }
  EXPECT_EQ(parse_xml("<a>&undeclared;</a>").status().code(), Code::Corrupt);
}

TEST(ParseXml, is_bounded_in_depth_elements_and_attributes) {
  EXPECT_TRUE(parse_xml(repeated("<a>", 64) + repeated("</a>", 64)).ok());
  EXPECT_EQ(parse_xml(repeated("<a>", 65) + repeated("</a>", 65)).status().message(), "elements lie deeper than 64");
  EXPECT_EQ(parse_xml("<a>" + repeated("<b/>", 200'000) + "</a>").status().message(), "more than 100000 elements");
  std::string many = "<a>";
  for (int i = 0; i < 60'000; ++i) {
    many += "<b c='' d='' e='' f='' g='' h='' i='' j='' k=''/>";
  }
  EXPECT_EQ(parse_xml(many + "</a>").status().message(), "more than 500000 attributes");
  EXPECT_EQ(parse_xml(std::string(kMaxXml + 1, ' ')).status().code(), Code::TooLarge);
}

TEST(Numbers, are_taken_whole_or_not_at_all) {
  EXPECT_EQ(number_in(" 0.25\n"), 0.25);
  EXPECT_EQ(number_in("2.5e-4"), 2.5e-4);
  for (const char* text : {"", "0,25", "1 2", "nan", "inf", "x"}) {
    EXPECT_FALSE(number_in(text).has_value()) << text;
  }
  EXPECT_EQ(whole_in("42"), 42u);
  for (const char* text : {"", "-1", "4.5", "99999999999999999999999"}) {
    EXPECT_FALSE(whole_in(text).has_value()) << text;
  }
}

}  // namespace
}  // namespace tessera::slide

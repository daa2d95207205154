#include "dicom/charset.h"

#include <gtest/gtest.h>

#include "dicom/character_sets.h"
#include "dicom/utf8.h"

namespace tessera::dicom {
namespace {

std::string decode(const std::vector<std::string>& terms, std::string_view bytes, Vr vr = Vr::PN) {
  return TextDecoder(terms).to_utf8(as_bytes(bytes), vr);
}

struct Example {
  const char* name;
  std::vector<std::string> terms;
  std::string_view bytes;
  std::string_view utf8;
};

TEST(TextDecoder, decodes_the_names_that_the_standard_prints) {
  const std::vector<Example> examples = {
      {"PS3.5 H.3.1",
       {"", "ISO 2022 IR 87"},
       "Yamada^Tarou=\x1b$B;3ED\x1b(B^\x1b$BB@O:\x1b(B=\x1b$B$d$^$@\x1b(B^\x1b$B$?$m$&\x1b(B",
       "Yamada^Tarou=山田^太郎=やまだ^たろう"},
      {"PS3.5 H.3.2",
       {"ISO 2022 IR 13", "ISO 2022 IR 87"},
       "\xd4\xcf\xc0\xde^\xc0\xdb\xb3=\x1b$B;3ED\x1b(J^\x1b$BB@O:\x1b(J=\x1b$B$d$^$@\x1b(J^\x1b$B$?$m$&\x1b("
       "J",
       "ﾔﾏﾀﾞ^ﾀﾛｳ=山田^太郎=やまだ^たろう"},
      {"PS3.5 I.2",
       {"", "ISO 2022 IR 149"},
       "Hong^Gildong=\x1b$)C\xfb\xf3^\x1b$)C\xd1\xce\xd4\xd7=\x1b$)C\xc8\xab^\x1b$)C\xb1\xe6\xb5\xbf",
       "Hong^Gildong=洪^吉洞=홍^길동"},
      {"PS3.5 J.1", {"ISO_IR 192"}, "Wang^XiaoDong=\xe7\x8e\x8b^\xe5\xb0\x8f\xe6\x9d\xb1=", "Wang^XiaoDong=王^小東="},
      {"PS3.5 J.3", {"GB18030"}, "Wang^XiaoDong=\xcd\xf5^\xd0\xa1\xb6\xab=", "Wang^XiaoDong=王^小东="},
      {"PS3.5 K.2",
       {"", "ISO 2022 IR 58"},
       "Zhang^XiaoDong=\x1b$)A\xd5\xc5^\x1b$)A\xd0\xa1\xb6\xab=",
       "Zhang^XiaoDong=张^小东="},
  };
  for (const Example& example : examples) {
    EXPECT_EQ(decode(example.terms, example.bytes), example.utf8) << example.name;
  }
}

TEST(TextDecoder, knows_every_single_byte_set) {
  const std::vector<Example> examples = {
      {"Latin-1", {"ISO_IR 100"}, "\xc4neas", "Äneas"},
      {"Latin-2", {"ISO_IR 101"}, "W\xb3oszczyk", "Włoszczyk"},
      {"Latin-3", {"ISO_IR 109"}, "\xa6", "Ĥ"},
      {"Latin-4", {"ISO_IR 110"}, "\xa2", "ĸ"},
      {"Cyrillic",
       {"ISO_IR 144"},
       "\xbb\xee\xda"
       "ce\xdc\xd1yp\xd3",
       "Люкceмбypг"},
      {"Arabic", {"ISO_IR 127"}, "\xe2\xc8\xc7\xe6\xea", "قباني"},
      {"Greek", {"ISO_IR 126"}, "\xc4\xe9\xef\xed\xf5\xf3\xe9\xef\xf2", "Διονυσιος"},
      {"Hebrew", {"ISO_IR 138"}, "\xf9\xf8\xe5\xef", "שרון"},
      {"Latin-5", {"ISO_IR 148"}, "\xfd\xde", "ıŞ"},
      {"Latin-9", {"ISO_IR 203"}, "\xa4", "€"},
      {"Thai", {"ISO_IR 166"}, "\xb9\xd2\xc1", "นาม"},
      {"Katakana", {"ISO_IR 13"}, "\xd4\xcf", "ﾔﾏ"},
      {"none", {}, "\xe9", "é"},
      {"unknown", {"ISO_IR 999"}, "\xe9", "é"},
      {"spelt wrongly", {"iso-ir 101"}, "\xb3", "ł"},
  };
  for (const Example& example : examples) {
    EXPECT_EQ(decode(example.terms, example.bytes, Vr::LO), example.utf8) << example.name;
  }
}

TEST(TextDecoder, switches_sets_by_escapes) {
  EXPECT_EQ(decode({"ISO 2022 IR 100", "ISO 2022 IR 144"}, "\xc4-\x1b-L\xbb\xee-\x1b-A\xc4", Vr::LO), "Ä-Лю-Ä");
  EXPECT_EQ(decode({"", "ISO 2022 IR 159"}, "\x1b$(D\x30\x21\x1b(B.", Vr::LO), "丂.");
}

TEST(TextDecoder, resets_escapes_where_the_vr_says) {
  const std::vector<std::string> terms = {"ISO 2022 IR 100", "ISO 2022 IR 144"};
  EXPECT_EQ(decode(terms, "\x1b-L\xbb\\\xc4", Vr::LO), "Л\\Ä") << "a backslash ends a value";
  EXPECT_EQ(decode(terms, "\x1b-L\xbb^\xc4", Vr::PN), "Л^Ä") << "a caret ends a component of a name";
  EXPECT_EQ(decode(terms, "\x1b-L\xbb=\xc4", Vr::PN), "Л=Ä");
  EXPECT_EQ(decode(terms, "\x1b-L\xbb^\xbb", Vr::LO), "Л^Л") << "but is a letter elsewhere";
  EXPECT_EQ(decode(terms, "\x1b-L\xbb\\\xbb", Vr::LT), "Л\\Л") << "text of one value has no backslash delimiter";
  EXPECT_EQ(decode(terms, "\x1b-L\xbb\r\n\xc4", Vr::LT), "Л\r\nÄ") << "a line end resets in any VR";
}

TEST(TextDecoder, a_5c_inside_a_multi_byte_character_is_no_delimiter) {
  EXPECT_EQ(split_values(decode({"GBK"}, "\x81\x5c\\A", Vr::LO), Vr::LO), (std::vector<std::string>{"乗", "A"}));
  EXPECT_EQ(split_values(decode({"GB18030"}, "\xc5\x5c\\B", Vr::LO), Vr::LO).size(), 2U);
  EXPECT_EQ(decode({"ISO_IR 13"}, "\x95\x5c\x8e\xa6", Vr::LO), "表示") << "Shift JIS written under ISO_IR 13";
  EXPECT_EQ(decode({"", "ISO 2022 IR 87"}, "\x1b$B\x30\x5c\x1b(B", Vr::LO).find('\\'), std::string::npos);
}

TEST(TextDecoder, the_yen_sign_is_a_delimiter_only_between_values) {
  EXPECT_EQ(decode({"ISO_IR 13"}, "a\\b~", Vr::LO), "a\\b‾");
  EXPECT_EQ(decode({"ISO_IR 13"}, "a\\b", Vr::LT), "a¥b");
}

TEST(TextDecoder, code_strings_ignore_the_character_set) {
  EXPECT_EQ(decode({"ISO_IR 144"}, "\xbb", Vr::CS), "»");
}

TEST(TextDecoder, undecodable_bytes_are_replaced_and_counted) {
  TextDecoder utf8({"ISO_IR 192"});
  EXPECT_EQ(utf8.to_utf8(as_bytes("a\xff\xed\xa0\x80z"), Vr::LO), "a\uFFFD\uFFFD\uFFFD\uFFFDz");
  EXPECT_EQ(utf8.undecodable(), 4U);
  TextDecoder korean({"", "ISO 2022 IR 149"});
  EXPECT_EQ(korean.to_utf8(as_bytes("\x1b$)C\xb1"), Vr::LO), "\uFFFD") << "half a character";
  EXPECT_EQ(korean.to_utf8(as_bytes("\x1b[m"), Vr::LO), "\uFFFD[m") << "an escape nobody defined";
  EXPECT_EQ(korean.undecodable(), 2U);
}

TEST(TextDecoder, long_text_is_decoded_whole) {
  std::string bytes;
  std::string expected;
  for (int i = 0; i < 5000; ++i) {
    bytes += "\xb1\xe6";
    expected += "길";
  }
  EXPECT_EQ(decode({"ISO 2022 IR 149"}, bytes, Vr::UT), expected);
}

TEST(SplitValues, cuts_the_padding_each_vr_has) {
  using Strings = std::vector<std::string>;
  EXPECT_EQ(split_values(" a \\ b ", Vr::LO), (Strings{"a", "b"}));
  EXPECT_EQ(split_values("a\\\\b", Vr::CS), (Strings{"a", "", "b"}));
  EXPECT_EQ(split_values(std::string_view("1.2\0", 4), Vr::UI), (Strings{"1.2"}));
  EXPECT_EQ(split_values("  a\\b ", Vr::LT), (Strings{"  a\\b"}));
  EXPECT_EQ(split_values("  a \\ b ", Vr::UC), (Strings{"  a", " b"}));
  EXPECT_EQ(split_values("", Vr::LO), (Strings{""}));
}

TEST(Utf8, refuses_overlong_forms_surrogates_and_what_is_too_high) {
  EXPECT_EQ(utf8_length("é"), 2U);
  EXPECT_EQ(utf8_length("\xF4\x8F\xBF\xBF"), 4U);
  for (const std::string_view bad :
       {"", "\x80", "\xC0\x80", "\xE0\x9F\x80", "\xED\xA0\x80", "\xF0\x8F\xBF\xBF", "\xF4\x90\x80\x80", "\xE2\x82"}) {
    EXPECT_EQ(utf8_length(bad), 0U);
  }
}

}  // namespace
}  // namespace tessera::dicom

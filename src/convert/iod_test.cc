#include "convert/iod.h"

#include <gtest/gtest.h>

#include <functional>

#include "convert/color_profile.h"
#include "convert/geometry.h"
#include "convert/identity.h"
#include "convert/staining.h"
#include "convert/text.h"
#include "dicom/tags.h"
#include "support/made_source.h"

namespace tessera::convert {
namespace {

TEST(Geometry, keeps_whole_factors_and_measures_odd_ones) {
  const slide::Image base{2220, 2967, 256, 256, {}};
  const Spacing spacing{0.0005, 0.0005};
  EXPECT_DOUBLE_EQ(level_spacing(base, base, spacing).x, 0.0005);
  EXPECT_DOUBLE_EQ(level_spacing(base, {138, 185, 256, 256, {}}, spacing).x, 0.008);
  EXPECT_DOUBLE_EQ(level_spacing(base, {138, 185, 256, 256, {}}, spacing).y, 0.008);
  const Spacing odd = level_spacing(base, {900, 1203, 256, 256, {}}, spacing);
  EXPECT_DOUBLE_EQ(odd.x, 0.0005 * 2220 / 900);
  EXPECT_DOUBLE_EQ(odd.y, 0.0005 * 2967 / 1203);
}

TEST(Geometry, of_label_and_overview_is_stated_or_estimated_from_a_slide_s_size) {
  std::vector<slide::Image> images{{2220, 2967, 256, 256, {}}, {1280, 431, 1280, 431, {}}, {400, 500, 400, 500, {}}};
  images[1].flavor = slide::ImageFlavor::Overview;
  images[2].flavor = slide::ImageFlavor::Label;
  const Spacing base{0.0005, 0.0005};
  EXPECT_FALSE(geometry_of(images, 0, base).estimated);
  EXPECT_DOUBLE_EQ(geometry_of(images, 0, base).width_mm, 1.11);
  EXPECT_TRUE(geometry_of(images, 1, base).estimated);
  EXPECT_DOUBLE_EQ(geometry_of(images, 1, base).spacing.y, 75.0 / 1280);
  EXPECT_DOUBLE_EQ(geometry_of(images, 2, base).height_mm, 25);
  images[1].mm_per_pixel_x = images[1].mm_per_pixel_y = 0.05;
  EXPECT_FALSE(geometry_of(images, 1, base).estimated);
  EXPECT_DOUBLE_EQ(geometry_of(images, 1, base).width_mm, 64);
}

TEST(Identity, names_images_by_what_they_show) {
  test_support::MadeSource source({{100, 70, 32, 32, {}}, {50, 35, 32, 32, {}}, {9, 9, 9, 9, {}}, {8, 8, 8, 8, {}}});
  source.change_images()[2].flavor = source.change_images()[3].flavor = slide::ImageFlavor::Overview;
  EXPECT_EQ(image_name(source, 1), "level 1");
  EXPECT_EQ(image_name(source, 2), "overview");
  EXPECT_EQ(image_name(source, 3), "overview 2");
  const Identity identity = identify(source.facts(), "hash", {});
  EXPECT_NE(identity.instance(source, 2), identity.instance(source, 3));
}

TEST(Identity, takes_the_container_from_labels_then_barcode_then_file_name) {
  slide::SlideFacts facts;
  facts.file_name = "S23-17 A1.svs";
  EXPECT_EQ(identify(facts, "hash", {}).container_id, "S23-17 A1");
  facts.barcode = "B7";
  EXPECT_EQ(identify(facts, "hash", {}).container_id, "B7");
  Options options;
  options.labels.container_id = "C1";
  EXPECT_EQ(identify(facts, "hash", options).container_id, "C1");
  EXPECT_EQ(identify(facts, "hash", options).specimen_id, "C1");
}

Options labelled(const std::function<void(Labels&)>& change) {
  Options options;
  change(options.labels);
  return options;
}

TEST(Identity, slides_of_one_case_and_patient_share_a_study) {
  slide::SlideFacts facts;
  facts.file_name = "a.svs";
  const auto study = [&](const char* hash, const std::function<void(Labels&)>& change) {
    return identify(facts, hash, labelled(change)).study;
  };
  const auto case_7 = [](Labels& l) { l.case_id = "7"; };
  EXPECT_EQ(study("one", case_7), study("two", case_7));
  EXPECT_EQ(study("one", [](Labels& l) { l.accession_number = "7"; }), study("two", case_7));
  EXPECT_NE(study("one", case_7), study("one", [](Labels& l) { l.case_id = "8"; }));
  EXPECT_NE(study("one", case_7), study("one", [](Labels& l) { l.case_id = "7", l.patient_id = "P"; }));
  EXPECT_NE(study("one", [](Labels&) {}), study("two", [](Labels&) {}));
  EXPECT_EQ(study("one", [](Labels& l) { l.case_id = "7", l.study_uid = "1.2.3"; }), "1.2.3");
}

TEST(Identity, another_stain_or_case_is_another_record_of_the_same_specimen) {
  const test_support::MadeSource source({{100, 70, 32, 32, {}}});
  slide::SlideFacts facts;
  facts.file_name = "a.svs";
  const Identity plain = identify(facts, "hash", {});
  for (const auto& change : {std::function<void(Labels&)>([](Labels& l) { l.stain = "H&E"; }),
                             std::function<void(Labels&)>([](Labels& l) { l.case_id = "7"; }),
                             std::function<void(Labels&)>([](Labels& l) { l.study_date = "20240229"; })}) {
    const Identity other = identify(facts, "hash", labelled(change));
    EXPECT_NE(other.instance(source, 0), plain.instance(source, 0));
    EXPECT_EQ(other.specimen, plain.specimen);
  }
}

TEST(Staining, spells_haematoxylin_and_eosin_as_codes_and_other_stains_as_text) {
  const auto bytes = [](const char* stain) {
    dicom::DataSet set;
    set.sequence(dicom::tags::kSpecimenPreparationSequence, staining_steps("S1", stain));
    return std::string(as_text(set.encode()));
  };
  for (const char* name : {"H&E", "HE", "h & e", "H and E", "Hematoxylin and Eosin", "haematoxylin-eosin"}) {
    EXPECT_NE(bytes(name).find("12710003"), std::string::npos) << name;
    EXPECT_NE(bytes(name).find("36879007"), std::string::npos) << name;
  }
  EXPECT_EQ(bytes("Hematoxylin").find("36879007"), std::string::npos);
  EXPECT_NE(bytes("PAS-D 2").find("PAS-D 2"), std::string::npos);
  EXPECT_EQ(bytes("HE2").find("12710003"), std::string::npos);
  EXPECT_TRUE(staining_steps("S1", "").empty());
}

TEST(Options, that_dicom_would_not_allow_are_named) {
  const auto refusal = [](auto change) {
    Options options;
    change(options);
    return std::string(check_options(options).message());
  };
  EXPECT_EQ(refusal([](Options&) {}), "");
  EXPECT_EQ(refusal([](Options& o) { o.labels.accession_number = std::string(17, '1'); }),
            "accession number: 17 characters; DICOM allows 16");
  EXPECT_EQ(refusal([](Options& o) { o.labels.patient_name = "A\\B"; }),
            "patient name: holds a control character or a backslash at byte 1");
  EXPECT_EQ(refusal([](Options& o) { o.labels.patient_id = "\xFF"; }), "patient id: is not UTF-8 at byte 0");
  EXPECT_EQ(refusal([](Options& o) { o.labels.patient_sex = "X"; }), "patient sex: 'X' is none of M, F, O");
  EXPECT_EQ(refusal([](Options& o) { o.labels.patient_birth_date = "1970-01-01"; }),
            "patient birth date: '1970-01-01' is not YYYYMMDD, or no such day");
  for (const char* day : {"20241301", "20230229", "20240431", "20240100"}) {
    EXPECT_NE(refusal([&](Options& o) { o.labels.study_date = day; }), "") << day;
  }
  EXPECT_EQ(refusal([](Options& o) { o.labels.study_date = "20240229"; }), "");
  EXPECT_EQ(refusal([](Options& o) { o.labels.stain = std::string(65, 's'); }),
            "stain: 65 characters; DICOM allows 64");
  for (const char* uid : {"x", "1.2.03", "1..2", ".1", "1.2.", "1.2 "}) {
    EXPECT_EQ(refusal([&](Options& o) { o.labels.study_uid = uid; }),
              "study UID: '" + std::string(uid) + "' is no UID");
  }
  EXPECT_EQ(refusal([](Options& o) { o.labels.study_uid = "1.0.20"; }), "");
}

TEST(Options, take_a_name_in_three_scripts_and_no_more) {
  const auto refusal = [](const std::string& name) {
    Options options;
    options.labels.patient_name = name;
    return std::string(check_options(options).message());
  };
  const auto letters = [](int n) {
    std::string text;
    for (int i = 0; i < n; ++i) {
      text += "\xE5\xB1\xB1";
    }
    return text;
  };
  EXPECT_EQ(refusal("Yamada^Tarou=" + letters(64) + "=" + letters(64)), "");
  EXPECT_EQ(refusal("==" + letters(3)), "");
  EXPECT_EQ(refusal("A=" + letters(65)), "patient name: 65 characters; DICOM allows 64");
  EXPECT_EQ(refusal("A=B=C=D"), "patient name: more than three component groups between '='");
  EXPECT_EQ(refusal("A^B^C^D^E"), "");
  EXPECT_EQ(refusal("A^B^C^D^E^F"), "patient name: more than five components between '^'");
}

TEST(Text, of_vendors_is_mended_to_fit) {
  EXPECT_EQ(mended(" a\\b\r\nc\xE9 ", 64), "a/b  c?");
  EXPECT_EQ(mended("M\xC3\xBCller", 3), "M\xC3\xBCl");
  EXPECT_EQ(mended("\xED\xA0\x80", 9), "???");  // half of a surrogate pair
}

TEST(Acquired, splits_date_time_and_zone_and_marks_the_unknown) {
  const Acquired at = acquired_of("20091229095915-0500");
  EXPECT_EQ(at.date, "20091229");
  EXPECT_EQ(at.time, "095915");
  EXPECT_EQ(at.zone, "-0500");
  EXPECT_TRUE(at.known);
  EXPECT_EQ(acquired_of("20091229").time, "");
  EXPECT_FALSE(acquired_of("").known);
  EXPECT_EQ(acquired_of("").date, "19000101");
}

TEST(ColorProfile, is_of_the_input_class_and_keeps_the_source_s_colours) {
  EXPECT_TRUE(rgb_profile("").is_srgb);
  EXPECT_EQ(rgb_profile("").bytes.substr(12, 4), "scnr");
  std::string monitor = rgb_profile("").bytes;
  monitor.replace(12, 4, "mntr");
  const ColorProfile kept = rgb_profile(monitor);
  EXPECT_FALSE(kept.is_srgb);
  EXPECT_EQ(kept.bytes, rgb_profile("").bytes);
}

}  // namespace
}  // namespace tessera::convert

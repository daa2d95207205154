// catalog_fill CATALOG STUDIES: a catalog of that many studies, each of one series and five instances, through the same
// publication as a rebuild's, without any image. For bench/catalog.py alone.
//
// Twenty studies, evenly spread, are needles: their values are those of no other study. All else is hay: names, days,
// slides and stains as a laboratory has them, so that every index is as large as it would be.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "base/clock.h"
#include "catalog/database.h"
#include "catalog/restoration.h"
#include "catalog/sql.h"

namespace {

using namespace tessera;
using catalog::KeyValue;

constexpr std::int64_t kInstances = 5;
constexpr std::int64_t kNeedles = 20;
constexpr std::int64_t kBatch = 1000;  // studies

void require(const Status& status) {
  if (!status.ok()) {
    std::fprintf(stderr, "catalog_fill: %s\n", std::string(status.message()).c_str());
    std::exit(1);
  }
}

std::string digits(std::int64_t number, int width) {
  char text[32];
  std::snprintf(text, sizeof text, "%0*lld", width, static_cast<long long>(number));
  return text;
}

// What each level of a study is found by. `n` counts needles from 1; 0 is hay.
class Study {
 public:
  Study(std::int64_t number, std::int64_t n) : i_(number), n_(n) {}

  std::string uid() const { return n_ != 0 ? "1.3.999." + digits(n_, 1) : "1.2.826.0.1." + digits(1'000'000 + i_, 1); }

  std::vector<KeyValue> study_keys() const {
    static constexpr const char* kFamily[] = {"smith", "garcia", "müller", "yamada", "okafor", "novak", "rossi"};
    static constexpr const char* kGiven[] = {"anna", "ben", "chiara", "dmitri", "eve", "farid", "grace", "hana"};
    const std::string family = std::string(kFamily[i_ % 7]) + digits(i_ / 56 % 3000, 1);
    return {value({0x00100010}, "Needle^Nina", family + "^" + kGiven[i_ % 8]),
            value({0x00100020}, "NEEDLE-P" + digits(n_ % 2, 1), "P" + digits(i_ * 7919 % 100'000'000, 8)),
            value({0x00100030}, "18990704", digits(1930 + i_ % 80, 4) + "0" + digits(1 + i_ % 9, 1) + "15"),
            value({0x00100040}, "O", i_ % 2 == 0 ? "F" : "M"),
            value({0x00080050}, "NEEDLE-A", "A" + digits(i_, 8)),
            value({0x00080090}, "Straw^Sam", "Doctor" + digits(i_ % 200, 1) + "^House"),
            value({0x00080020}, "19990" + digits(1 + n_ % 9, 1) + "11",
                  digits(2006 + i_ % 20, 4) + digits(1 + i_ % 12, 2) + digits(1 + i_ % 28, 2)),
            value({0x00080030}, "045959", digits(7 + i_ % 12, 2) + digits(i_ % 60, 2) + "00"),
            value({0x00200010}, "NEEDLE-S", "S" + digits(i_ % 5000, 1)),
            value({0x00081030}, "Needle biopsy of hay", i_ % 3 == 0 ? "Resection" : "Biopsy " + digits(i_ % 300, 1))};
  }

  std::vector<KeyValue> series_keys() const {
    return {
        value({0x00080060}, "XA", "SM"),
        value({0x00200011}, "4242", digits(1 + i_ % 20, 1)),
        value({0x0008103E}, "needle", i_ % 4 == 0 ? "HE" : "IHC " + digits(i_ % 40, 1)),
        value({0x00400244}, "19990704", digits(2006 + i_ % 20, 4) + digits(1 + i_ % 12, 2) + digits(1 + i_ % 28, 2)),
        value({0x00081090}, "NEEDLE 1", "Scanner " + digits(i_ % 30, 1)),
        value({0x00080070}, "Haystack Inc", "Maker " + digits(i_ % 6, 1)),
        value({0x00181000}, "SN NEEDLE", "SN " + digits(i_ % 500, 1)),
        value({0x00200052}, "1.3.999.5", "1.2.826.0.5." + digits(i_, 1)),
        value({0x00400275, 0x00401001}, "NEEDLE-R", "R" + digits(i_, 8))};
  }

  std::vector<KeyValue> instance_keys(std::int64_t j) const {
    static constexpr const char* kFlavors[] = {"VOLUME", "VOLUME", "VOLUME", "THUMBNAIL", "VOLUME"};
    const std::string slide = "S" + digits(2006 + i_ % 20, 4) + "-" + digits(i_, 7) + " A" + digits(j, 1);
    return {value({0x00200013}, "4242", digits(j + 1, 1)),
            {key({0x00080008}), n_ != 0 ? "NEEDLE" : "ORIGINAL", 1},
            {key({0x00080008}), "PRIMARY", 2},
            {key({0x00080008}), kFlavors[j], 3},
            value({0x00400512}, "NEEDLE-C1", slide),
            value({0x22000005}, "NEEDLE-B", "00" + digits(i_ * kInstances + j, 9)),
            value({0x00400560, 0x00400551}, "NEEDLE-C1-1", slide + "-1"),
            value({0x00400560, 0x00400610, 0x00400612, 0x0040A168, 0x00080100}, "999", digits(12710003 + i_ % 60, 1)),
            value({0x00480006}, "424242", digits(20'000 + i_ % 60'000, 1)),
            value({0x00280030}, "0.424242", i_ % 2 == 0 ? "0.00025" : "0.0005"),
            value({0x00480105, 0x00480112}, "77", i_ % 2 == 0 ? "40" : "20"),
            value({0x0008002A}, "19990704121314.5",
                  digits(2006 + i_ % 20, 4) + digits(1 + i_ % 12, 2) + "15" + digits(7 + i_ % 12, 2) + "3000")};
  }

 private:
  static const catalog::SearchKey* key(const catalog::TagPath& path) { return catalog::find_key(path.tags()); }

  KeyValue value(const catalog::TagPath& path, const std::string& needle, const std::string& hay) const {
    return {key(path), n_ != 0 ? needle : hay, 1};
  }

  const std::int64_t i_;
  const std::int64_t n_;
};

// The attributes that searches return, as short as they can be.
std::string header(const std::string& tag, const std::string& uid, const std::vector<KeyValue>& keys) {
  std::string json = "{\"" + tag + "\":{\"vr\":\"UI\",\"Value\":[\"" + uid + "\"]}";
  std::string last;
  for (const KeyValue& one : keys) {
    const std::string name = one.key->path.tags().front().hex();
    if (name != last) {
      json += ",\"" + name + "\":{\"vr\":\"LO\",\"Value\":[\"" + one.text + "\"]}";
    }
    last = name;
  }
  return json + "}";
}

catalog::Publication publication(const Study& study, std::int64_t watermark, std::int64_t j) {
  catalog::Publication p;
  const std::string uid = study.uid();
  const bool needle = uid.starts_with("1.3");
  p.key = {1, uid, uid + ".1", uid + ".1." + std::to_string(j + 1)};
  p.reservation = {watermark,
                   "1/" + uid + "/" + p.key.series + "/" + p.key.sop + "_" + std::to_string(watermark) + ".dcm"};
  p.study.keys = study.study_keys();
  p.study.header = header("0020000D", uid, p.study.keys);
  p.series.modality = needle ? "XA" : "SM";
  p.series.keys = study.series_keys();
  p.series.header = header("0020000E", p.key.series, p.series.keys);
  p.instance.keys = study.instance_keys(j);
  p.instance.sop_class = needle ? "1.2.840.10008.5.1.4.1.1.12.1" : "1.2.840.10008.5.1.4.1.1.77.1.6";
  p.instance.transfer_syntax = needle ? "1.2.840.10008.1.2.4.90" : "1.2.840.10008.1.2.4.50";
  p.instance.instance_number = std::to_string(j + 1);
  p.instance.frames = 4000;
  p.instance.header = header("00080016", p.instance.sop_class, p.instance.keys);
  return p;
}

// Sorted in one go at the end, an index takes a fraction of the time of its entries one by one.
std::vector<std::string> drop_value_indexes(catalog::Database& database) {
  std::vector<std::string> made;
  require(database.write([&](catalog::Connection& connection) -> Status {
    TRY_ASSIGN(
        catalog::Statement * index,
        catalog::query(connection, "SELECT sql FROM sqlite_master WHERE name LIKE '%\\_values' ESCAPE '\\'", {}));
    while (true) {
      TRY_ASSIGN(const bool more, index->step());
      if (!more) {
        break;
      }
      made.emplace_back(index->text(0));
    }
    return connection.execute("DROP INDEX study_values; DROP INDEX series_values; DROP INDEX instance_values");
  }));
  return made;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fprintf(stderr, "catalog_fill CATALOG STUDIES\n");
    return 2;
  }
  auto database = catalog::open_sqlite(argv[1]);
  require(database.ok() ? Status() : database.status());
  const std::int64_t studies = std::atoll(argv[2]);
  const SystemClock clock;
  catalog::Restoration rows(**database, clock);
  const std::vector<std::string> indexes = drop_value_indexes(**database);
  std::int64_t watermark = 0;
  std::int64_t needles = 0;
  for (std::int64_t first = 0; first < studies; first += kBatch) {
    std::vector<catalog::FoundBlob> blobs;
    std::vector<catalog::Publication> publications;
    for (std::int64_t i = first; i < std::min(first + kBatch, studies); ++i) {
      const bool needle = i % (studies / kNeedles) == studies / kNeedles / 2;
      const Study study(i, needle ? ++needles : 0);
      for (std::int64_t j = 0; j < kInstances; ++j) {
        publications.push_back(publication(study, ++watermark, j));
        blobs.push_back({watermark, publications.back().key, publications.back().reservation.blob_key});
      }
    }
    const auto noted = rows.note_blobs(blobs);
    require(noted.ok() ? Status() : noted.status());
    require(rows.publish(publications));
  }
  for (const std::string& index : indexes) {
    require((*database)->write([&](catalog::Connection& connection) { return connection.execute(index); }));
  }
  return 0;
}

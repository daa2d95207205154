#include "catalog/feed.h"

#include <algorithm>

#include "catalog/feed_entry.h"
#include "catalog/rows.h"
#include "catalog/sql.h"
#include "catalog/visibility_sql.h"

namespace tessera::catalog {

namespace {

constexpr std::string_view kAppend =
    "INSERT INTO feed(time_millis, partition_id, study_uid, series_uid, sop_uid, action, watermark, image_flavor) "
    "VALUES(?,?,?,?,?,?,?,?)";
// `s` is the alias that visibility_sql.h writes conditions on studies for; an entry has the study's UID itself.
constexpr std::string_view kSelect =
    "SELECT s.sequence, s.time_millis, s.action, s.watermark, s.partition_id, s.study_uid, s.series_uid, s.sop_uid, "
    "p.name FROM feed s JOIN partitions p ON p.id = s.partition_id WHERE ";

// The entries that the view shows. Partitions of the same rights, mostly all of them, share a term.
std::string view_sql(const FeedView& view) {
  std::vector<std::pair<std::string, std::string>> terms;  // rights as SQL, partitions
  for (const FeedView::Part& part : view.parts) {
    if (part.visibility.sees_nothing()) {
      continue;
    }
    const std::string rights = instances_sql(part.visibility, "s");
    const auto same = [&rights](const auto& term) { return term.first == rights; };
    auto term = std::find_if(terms.begin(), terms.end(), same);
    if (term == terms.end()) {
      term = terms.insert(terms.end(), {rights, ""});
    }
    term->second += (term->second.empty() ? "" : ",") + std::to_string(part.partition);
  }
  std::string sql;
  for (const auto& [rights, partitions] : terms) {
    sql += (sql.empty() ? "((s.partition_id IN (" : " OR (s.partition_id IN (") + partitions + ")" + rights + ")";
  }
  return sql.empty() ? "0" : sql + ")";
}

const Visibility* rights_in(const FeedView& view, std::int64_t partition) {
  for (const FeedView::Part& part : view.parts) {
    if (part.partition == partition) {
      return &part.visibility;
    }
  }
  return nullptr;
}

// What has the entry's UIDs now. An instance that the caller may not see (it was replaced by an image of another kind)
// makes the entry "replaced", without saying by what.
Status resolve(Connection& connection, const FeedView& view, std::int64_t watermark, FeedEntry& entry) {
  const Scope scope{entry.key.partition, entry.key.study, entry.key.series, entry.key.sop};
  auto rows = select_rows(connection, scope, Visibility::everything());
  if (rows.status().code() == Code::NotFound) {
    entry.state = FeedState::Deleted;
    return {};
  }
  if (!rows.ok()) {
    return rows.status();
  }
  InstanceRow& row = rows->front();
  entry.state = row.watermark == watermark ? FeedState::Current : FeedState::Replaced;
  const Visibility* rights = rights_in(view, entry.key.partition);
  if (rights != nullptr && rights->sees(row.key.study, row.flavor)) {
    entry.instance = std::move(row);
  }
  return {};
}

}  // namespace

Status append_feed(Connection& connection, FeedAction action, const InstanceKey& key, ImageFlavor flavor,
                   std::int64_t watermark, std::int64_t now_millis) {
  return run(connection, kAppend,
             {now_millis, key.partition, key.study, key.series, key.sop, static_cast<std::int64_t>(action), watermark,
              static_cast<std::int64_t>(flavor)});
}

Result<std::vector<FeedEntry>> Feed::select(const std::string& rest, const FeedView& view,
                                            const std::vector<SqlValue>& values) {
  const std::string sql = std::string(kSelect) + view_sql(view) + rest;
  std::vector<FeedEntry> entries;
  RETURN_IF_ERROR(database_.read([&](Connection& connection) -> Status {
    TRY_ASSIGN(Statement * statement, connection.prepare(sql));
    int index = 1;
    for (const SqlValue& value : values) {
      statement->bind(index++, value);
    }
    std::vector<std::int64_t> watermarks;
    while (true) {
      TRY_ASSIGN(const bool more, statement->step());
      if (!more) {
        break;
      }
      FeedEntry entry;
      entry.sequence = statement->integer(0);
      entry.time_millis = statement->integer(1);
      entry.action = static_cast<FeedAction>(statement->integer(2));
      watermarks.push_back(statement->integer(3));
      entry.key = {statement->integer(4), std::string(statement->text(5)), std::string(statement->text(6)),
                   std::string(statement->text(7))};
      entry.partition = std::string(statement->text(8));
      entries.push_back(std::move(entry));
    }
    for (std::size_t i = 0; i < entries.size(); ++i) {  // in the same snapshot
      RETURN_IF_ERROR(resolve(connection, view, watermarks[i], entries[i]));
    }
    return {};
  }));
  return entries;
}

Result<std::vector<FeedEntry>> Feed::read(const FeedQuery& query, const FeedView& view) {
  std::string rest;
  std::vector<SqlValue> values;
  if (query.after > 0) {
    rest += " AND s.sequence > ?";
    values.emplace_back(query.after);
  }
  if (query.from_millis) {
    rest += " AND s.time_millis >= ?";
    values.emplace_back(*query.from_millis);
  }
  if (query.until_millis) {
    rest += " AND s.time_millis < ?";
    values.emplace_back(*query.until_millis);
  }
  rest += query.by_time ? " ORDER BY s.time_millis, s.sequence" : " ORDER BY s.sequence";
  rest += " LIMIT ? OFFSET ?";
  values.emplace_back(static_cast<std::int64_t>(query.limit));
  values.emplace_back(static_cast<std::int64_t>(query.offset));
  return select(rest, view, values);
}

Result<std::optional<FeedEntry>> Feed::latest(const FeedView& view) {
  TRY_ASSIGN(auto entries, select(" ORDER BY s.sequence DESC LIMIT 1", view, {}));
  return entries.empty() ? std::optional<FeedEntry>() : std::optional(std::move(entries.front()));
}

}  // namespace tessera::catalog

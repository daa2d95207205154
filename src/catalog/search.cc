#include "catalog/instances.h"
#include "catalog/search_sql.h"

namespace tessera::catalog {

namespace {

SearchRow read_search_row(const Statement& statement) {
  SearchRow row;
  row.key = {statement.integer(13), std::string(statement.text(0)), std::string(statement.text(1)),
             std::string(statement.text(2))};
  row.study_header = std::string(statement.text(3));
  row.series_header = std::string(statement.text(4));
  row.instance_header = std::string(statement.text(5));
  row.modalities = std::string(statement.text(6));
  row.study_series = statement.integer(7);
  row.study_instances = statement.integer(8);
  row.series_instances = statement.integer(9);
  row.watermark = statement.integer(10);
  row.frames = static_cast<std::uint32_t>(statement.integer(11));
  row.transfer_syntaxes = std::string(statement.text(12));
  return row;
}

}  // namespace

Result<std::vector<SearchRow>> Instances::search(const SearchQuery& query, const Visibility& visibility) {
  TRY_ASSIGN(const SearchSql sql, build_search(query, visibility));
  std::vector<SearchRow> rows;
  RETURN_IF_ERROR(database_.read([&](Connection& connection) -> Status {
    TRY_ASSIGN(Statement * statement, connection.prepare(sql.text));
    for (std::size_t i = 0; i < sql.values.size(); ++i) {
      statement->bind(static_cast<int>(i) + 1, sql.values[i]);
    }
    while (true) {
      TRY_ASSIGN(const bool more, statement->step());
      if (!more) {
        return {};
      }
      rows.push_back(read_search_row(*statement));
    }
  }));
  return rows;
}

}  // namespace tessera::catalog

// GET /changefeed, /changefeed/latest: what was stored, replaced and deleted in the partitions that the caller may read
//   200  application/json: an array (empty where nothing is left), or one entry; streamed, gzip or zstd where accepted
//   204  latest: nothing has happened yet · 400 a parameter · 406
#include "archive/metadata.h"
#include "base/clock.h"
#include "dicomweb/feed_query.h"
#include "dicomweb/handlers.h"
#include "dicomweb/negotiation.h"

namespace tessera::dicomweb {

namespace {

using catalog::FeedAction;
using catalog::FeedEntry;
using catalog::FeedState;

const char* action_text(FeedAction action) {
  switch (action) {
    case FeedAction::Create:
      return "create";
    case FeedAction::Delete:
      return "delete";
    case FeedAction::Update:
      break;
  }
  return "update";
}

const char* state_text(FeedState state) {
  switch (state) {
    case FeedState::Current:
      return "current";
    case FeedState::Replaced:
      return "replaced";
    case FeedState::Deleted:
      break;
  }
  return "deleted";
}

// What the caller may read, by the names of partitions: those they may not are as if there were none.
Result<catalog::FeedView> view_of(const ArchiveParts& parts, const auth::Caller& caller) {
  TRY_ASSIGN(auto partitions, parts.partitions.list());
  const bool lists_default = !partitions.empty() && partitions.front().key == catalog::kDefaultPartition;
  if (!lists_default) {  // nothing is in it now; something may have been
    partitions.push_back({catalog::kDefaultPartition, std::string(catalog::kDefaultPartitionName), 0});
  }
  catalog::FeedView view;
  for (const catalog::PartitionRow& row : partitions) {
    auto rights = caller.policy->rights(caller.identity, auth::Action::Read, row.name);
    if (!rights.sees_nothing()) {
      view.parts.push_back({row.key, std::move(rights)});
    }
  }
  return view;
}

// An entry up to its metadata. UIDs, names of partitions and times hold nothing that JSON would escape.
std::string entry_head(const FeedEntry& entry) {
  return "{\"sequence\":" + std::to_string(entry.sequence) + ",\"partitionName\":\"" + entry.partition +
         "\",\"studyInstanceUid\":\"" + entry.key.study + "\",\"seriesInstanceUid\":\"" + entry.key.series +
         "\",\"sopInstanceUid\":\"" + entry.key.sop + "\",\"action\":\"" + action_text(entry.action) +
         "\",\"timestamp\":\"" + rfc3339(entry.time_millis) + "\",\"state\":\"" + state_text(entry.state) + "\"";
}

// Where BulkDataURIs of the entry's instance begin: its partition is in its path, not in the feed's.
std::string base_url_of(const ArchiveParts& parts, const Exchange& exchange, const FeedEntry& entry) {
  return exchange.base_url() + (parts.partitions_on ? "/partitions/" + entry.partition : std::string());
}

void send_entries(const ArchiveParts& parts, Exchange& exchange, std::vector<FeedEntry> entries, bool metadata,
                  const char* open, const char* close) {
  std::vector<archive::JsonPart> body;
  std::string text = open;
  for (FeedEntry& entry : entries) {
    text += &entry == &entries.front() ? "" : ",";
    text += entry_head(entry);
    if (metadata && entry.instance) {
      body.push_back({text + ",\"metadata\":", base_url_of(parts, exchange, entry), std::move(*entry.instance)});
      text.clear();
    }
    text += "}";
  }
  net::Response response;
  response.set("Cache-Control", "no-store");
  response.set("Content-Type", "application/json");
  const archive::MetadataOptions options{.coding = choose_coding(exchange.request), .null_when_gone = true};
  set_coding(options.coding, response);
  response.body = archive::stream_json(std::move(body), text + close, options, parts.blobs, parts.readers);
  exchange.send(std::move(response));
}

Status answer_feed(const ArchiveParts& parts, Exchange& exchange) {
  RETURN_IF_ERROR(negotiate_json(accept_text(exchange.request)));
  TRY_ASSIGN(const FeedRequest asked, parse_feed_query(exchange.request.query, exchange.profile));
  TRY_ASSIGN(const catalog::FeedView view, view_of(parts, exchange.caller));
  TRY_ASSIGN(auto entries, parts.feed.read(asked.query, view));
  send_entries(parts, exchange, std::move(entries), asked.include_metadata, "[", "]");
  return {};
}

Status answer_latest(const ArchiveParts& parts, Exchange& exchange) {
  RETURN_IF_ERROR(negotiate_json(accept_text(exchange.request)));
  TRY_ASSIGN(const bool metadata, parse_include_metadata(exchange.request.query));
  TRY_ASSIGN(const catalog::FeedView view, view_of(parts, exchange.caller));
  TRY_ASSIGN(auto latest, parts.feed.latest(view));
  if (!latest) {
    net::Response nothing;
    nothing.status = 204;
    nothing.set("Cache-Control", "no-store");
    exchange.send(std::move(nothing));
    return {};
  }
  std::vector<FeedEntry> entries;
  entries.push_back(std::move(*latest));
  send_entries(parts, exchange, std::move(entries), metadata, "", "");
  return {};
}

Sink answer_later(const ArchiveParts& parts, ExchangePtr exchange, Status (*answer)(const ArchiveParts&, Exchange&)) {
  answer_on(parts.readers, exchange, [&parts, exchange, answer] { return answer(parts, *exchange); });
  return nullptr;
}

}  // namespace

Sink read_feed(const ArchiveParts& parts, ExchangePtr exchange) {
  return answer_later(parts, std::move(exchange), answer_feed);
}
Sink read_latest_change(const ArchiveParts& parts, ExchangePtr exchange) {
  return answer_later(parts, std::move(exchange), answer_latest);
}

}  // namespace tessera::dicomweb

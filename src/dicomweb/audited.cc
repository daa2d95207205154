#include "dicomweb/audited.h"

#include <algorithm>
#include <array>

#include "dicom/dictionary.h"
#include "dicom/ids.h"
#include "dicomweb/exchange.h"
#include "dicomweb/plain_path.h"

namespace tessera::dicomweb {

namespace {

constexpr std::uint64_t kInstancesOfLine = 32;
constexpr std::size_t kMaxQuery = 4096;
constexpr std::size_t kMaxPath = 512;

// Reads by the end of their route's pattern; what is not named here is told as "read".
struct Kind {
  std::string_view end;
  std::string_view event;
  bool counted;  // comes by the thousand: counted together
};
constexpr std::array kReads = {
    Kind{"/frames/{*}", "frames", true},      Kind{"/bulkdata/{*}", "bulkdata", true},
    Kind{"/metadata", "metadata", false},     Kind{"/instances/{instance}", "retrieve", false},
    Kind{"/studies", "search", false},        Kind{"/series", "search", false},
    Kind{"/instances", "search", false},      Kind{"/partitions", "partitions", false},
    Kind{"/changefeed", "changefeed", false}, Kind{"/latest", "changefeed", false},
    Kind{"/{study}", "retrieve", false},      Kind{"/{series}", "retrieve", false},
};

Kind kind_of(net::Method method, std::string_view route) {
  switch (method) {
    case net::Method::Get:
    case net::Method::Head:
      break;
    case net::Method::Post:
    case net::Method::Put:
      return {"", route.starts_with("/studies") ? "store" : "change", false};
    case net::Method::Delete:
      return {"", "delete", false};
    default:
      return {"", "change", false};
  }
  const auto found =
      std::find_if(kReads.begin(), kReads.end(), [route](const Kind& kind) { return route.ends_with(kind.end); });
  return found == kReads.end() ? Kind{"", "read", false} : *found;
}

// What a search may ask about or say, and therefore nobody's name: an attribute's keyword, a tag, a path of them, or a
// parameter.
bool is_key(std::string_view text) {
  constexpr std::size_t kTag = 8;
  for (const std::string_view parameter : {"limit", "offset", "fuzzymatching", "includefield", "count"}) {
    if (text == parameter) {
      return true;
    }
  }
  while (true) {
    const std::string_view part = text.substr(0, text.find('.'));
    const bool tag = part.size() == kTag && part.find_first_not_of("0123456789ABCDEFabcdef") == part.npos;
    if (!tag && dicom::find_keyword(part) == nullptr) {
      return false;
    }
    if (part.size() == text.size()) {
      return true;
    }
    text.remove_prefix(part.size() + 1);
  }
}

// "PatientName&limit" of "PatientName=Doe&limit=5". What has no value may be one.
std::string keys_of(std::string_view query) {
  std::string keys;
  while (!query.empty()) {
    const std::string_view pair = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(pair.size() + 1, query.size()));
    const std::size_t equals = pair.find('=');
    keys += keys.empty() ? "" : "&";
    keys += equals != pair.npos && is_key(pair.substr(0, equals)) ? pair.substr(0, equals) : "?";
  }
  return keys;
}

// As it was sent, or as much of it as a line should hold.
std::string query_of(std::string_view query, bool values) {
  std::string text = values ? std::string(query) : keys_of(query);
  if (text.size() > kMaxQuery) {
    text.resize(kMaxQuery);
    text += "…";
  }
  return text;
}

// What was refused because it is no UID may be anything, a name too.
std::string_view uid_of(const std::string& text) {
  return dicom::is_valid_uid(text) ? std::string_view(text) : std::string_view();
}

const char* outcome_of(const archive::StoreOutcome& outcome) {
  if (outcome.status.ok()) {
    return outcome.replaced ? "replaced" : "stored";
  }
  return outcome.identical ? "identical" : "refused";
}

}  // namespace

std::string_view proxy_of(const net::Request& request) {
  const std::string_view peer = request.peer.substr(0, request.peer.rfind(':'));
  return peer == request.client ? std::string_view() : peer;
}

void audit_answer(auth::AuditTrail& trail, const Exchange& exchange, int status) {
  const Kind kind = kind_of(exchange.request.method, exchange.route);
  auth::AuditRead read;
  read.event = kind.event;
  read.status = status;
  read.who = &exchange.caller.identity;
  read.from = exchange.request.client;
  read.via = proxy_of(exchange.request);
  const auth::AuditOutcome outcome = auth::outcome_of_http(status);
  if (kind.counted && outcome != auth::AuditOutcome::Denied) {
    read.partition = exchange.partition;
    read.study = uid_of(exchange.scope.study);
    read.series = uid_of(exchange.scope.series);
    read.instance = uid_of(exchange.scope.sop);
    trail.add(read);
    return;
  }
  auth::AuditObject what;
  what.text("partition", exchange.partition).text("study", uid_of(exchange.scope.study));
  what.text("series", uid_of(exchange.scope.series)).text("instance", uid_of(exchange.scope.sop));
  if (kind.event == "search") {
    const std::string_view level = exchange.route.substr(exchange.route.rfind('/') + 1);
    what.text("level", level);
    what.text("query", query_of(exchange.request.query, trail.options().query_values));
  }
  if (outcome == auth::AuditOutcome::Denied) {  // before the path was understood
    const std::string_view path = exchange.request.path.substr(0, kMaxPath);
    what.text("path", trail.options().query_values ? std::string(path) : plain_path(path));
  }
  const std::string members = what.take();
  auth::AuditEvent event;
  event.event = kind.event;
  event.outcome = outcome;
  event.status = status;
  event.who = &exchange.caller.identity;
  event.from = exchange.request.client;
  event.via = proxy_of(exchange.request);
  event.request = exchange.request.id;
  event.what = members;
  trail.note_limited(event, read);
}

ChangeAudit::ChangeAudit(auth::AuditTrail& trail, const Exchange& exchange)
    : trail_(trail),
      event_(kind_of(exchange.request.method, exchange.route).event),
      who_(exchange.caller.identity),
      from_(exchange.request.client),
      via_(proxy_of(exchange.request)),
      request_(exchange.request.id),
      partition_(exchange.partition),
      study_(exchange.scope.study),
      series_(exchange.scope.series),
      instance_(exchange.scope.sop) {}

void ChangeAudit::stored(const archive::StoreOutcome& outcome) {
  ++(outcome.status.ok() ? stored_ : failed_);
  auth::AuditObject object;
  object.text("study", outcome.study).text("series", outcome.series).text("instance", outcome.sop);
  object.text("outcome", outcome_of(outcome));
  instances_ += (instances_.empty() ? "{" : ",{") + object.take() + "}";
  if (++listed_ == kInstancesOfLine) {
    const std::string what = take_what(false);
    trail_.commit(event(what, 0), [](const Status&) {});  // as a change's: not lost where reads would be
  }
}

std::string ChangeAudit::take_what(bool last) {
  auth::AuditObject what;
  what.text("partition", partition_).text("study", study_).text("series", series_).text("instance", instance_);
  if (!instances_.empty()) {
    what.json("instances", "[" + instances_ + "]");
  }
  if (last && event_ == "store") {
    what.number("stored", stored_).number("refused", failed_);
  } else if (last && removed_ > 0) {
    what.number("removed", removed_);
  }
  instances_.clear();
  listed_ = 0;
  return what.take();
}

auth::AuditEvent ChangeAudit::event(const std::string& what, int status) const {
  auth::AuditEvent event;
  event.event = event_;
  event.outcome = auth::outcome_of_http(status);
  event.status = status;
  event.who = &who_;
  event.from = from_;
  event.via = via_;
  event.request = request_;
  event.what = what;
  return event;
}

void ChangeAudit::commit(int status, std::function<void(const Status&)> then) {
  const std::string what = take_what(true);
  trail_.commit(event(what, status), std::move(then));
}

void ChangeAudit::abandon() {
  constexpr int kGone = 499;  // as the log has it: the peer left before an answer
  const std::string what = take_what(true);
  trail_.commit(event(what, kGone), [](const Status&) {});
}

}  // namespace tessera::dicomweb

#include "auth/explain.h"

#include <algorithm>

#include "auth/scopes.h"
#include "base/nearest.h"

namespace tessera::auth {

namespace {

using catalog::FlavorSet;
using catalog::ImageFlavor;

constexpr ImageFlavor kFlavors[] = {ImageFlavor::Volume, ImageFlavor::Label, ImageFlavor::Overview,
                                    ImageFlavor::Thumbnail, ImageFlavor::None};

std::string_view flavor_word(ImageFlavor flavor) {
  return flavor == ImageFlavor::None ? "other" : catalog::image_flavor_name(flavor);
}

std::string flavor_words(FlavorSet flavors) {
  std::string text;
  for (const ImageFlavor flavor : kFlavors) {
    if ((flavors & catalog::flavor_bit(flavor)) != 0) {
      text += (text.empty() ? "" : ", ") + std::string(flavor_word(flavor));
    }
  }
  return text.empty() ? "no" : text;
}

std::string name_of(const Grant& grant) {
  std::string who;
  for (const Who& one : grant.who) {
    who += (who.empty() ? "" : ", ") + one.text();
  }
  return (grant.line == 0 ? "the built-in grant to " : "the grant of line " + std::to_string(grant.line) + " to ") +
         who;
}

// Why a grant gives nothing; empty when it gives.
std::string reason_against(const Grant& grant, const Identity& identity, const Question& question) {
  switch (Policy::miss(grant, identity, actions_left_by(identity.scopes), question.action)) {
    case Miss::Action:
      return "does not have the action " + std::string(action_name(question.action));
    case Miss::Who:
      return "is to somebody else";
    case Miss::Scopes:
      return "would apply, but the scopes leave no " + std::string(action_name(question.action));
    case Miss::None:
      break;
  }
  if (!question.partition.empty() && !grant.of_partition(question.partition)) {
    return "is for other partitions";
  }
  if (!question.study.empty() && !grant.of_all_studies() && !grant.studies.names(question.study)) {
    return "is for other studies";
  }
  if (question.flavor && (grant.studies.flavors & catalog::flavor_bit(*question.flavor)) == 0) {
    return "does not name " + std::string(flavor_word(*question.flavor)) + " images";
  }
  return {};
}

std::string what(const Question& question) {
  std::string text(action_name(question.action));
  text += question.flavor ? " " + std::string(flavor_word(*question.flavor)) + " images" : "";
  text += question.study.empty() ? "" : " of study " + question.study;
  text += question.partition.empty() ? " the service's own resources" : " in partition '" + question.partition + "'";
  return text;
}

// The next word up to `end`, off the front.
std::string_view cut(std::string_view& rest, char end) {
  const std::size_t at = std::min(rest.find(end), rest.size());
  const std::string_view word = rest.substr(0, at);
  rest.remove_prefix(std::min(at + 1, rest.size()));
  return word;
}

void add_word(const Who& who, Identity& identity) {
  switch (who.kind) {
    case Who::Kind::Anyone:
      return;
    case Who::Kind::Role:
      identity.roles.push_back(who.name);
      break;
    case Who::Kind::Scope:
      identity.scopes.push_back(who.name);
      break;
    case Who::Kind::User:
      identity.issuer = who.issuer;
      identity.subject = who.name;
      break;
    case Who::Kind::Client:
      identity.client = who.name;
      identity.issuer = identity.issuer.empty() ? "any issuer" : identity.issuer;
      break;
    case Who::Kind::Key:
      identity.proof = Proof::Key;
      identity.subject = who.name;
      return;
    case Who::Kind::Token:
      identity.subject = who.name;
      break;
    case Who::Kind::Authenticated:
      break;
  }
  identity.proof = identity.proof == Proof::None ? Proof::Token : identity.proof;
}

}  // namespace

Explanation explain(const Policy& policy, const Identity& identity, const Question& question) {
  Explanation answer;
  FlavorSet given = catalog::kNoFlavors;
  std::vector<std::string> against;
  for (const Grant& grant : policy.grants()) {
    const std::string reason = reason_against(grant, identity, question);
    if (!reason.empty()) {
      against.push_back("no: " + name_of(grant) + " " + reason);
      continue;
    }
    given |= grant.studies.flavors;
    answer.lines.push_back("yes: " + name_of(grant) + " gives it, for " + flavor_words(grant.studies.flavors) +
                           " images" + (grant.of_all_studies() ? "" : " of the studies that it names"));
  }
  answer.allowed = given != catalog::kNoFlavors;
  const std::string subject = "'" + identity.subject + "'";
  if (answer.allowed) {
    const FlavorSet hidden = catalog::kAllFlavors & ~given;
    std::string decision = "allowed: " + subject + " may " + what(question);
    if (!question.flavor && hidden != catalog::kNoFlavors) {
      decision += ": " + flavor_words(given) + " images, not " + flavor_words(hidden);
    }
    answer.lines.insert(answer.lines.begin(), std::move(decision));
    return answer;
  }
  answer.lines.push_back("refused: " + subject + " may not " + what(question));
  answer.lines.insert(answer.lines.end(), against.begin(), against.end());
  if (against.empty()) {
    answer.lines.emplace_back("no: the policy has no grants");
  }
  return answer;
}

Result<Identity> parse_caller(std::string_view words) {
  Identity identity;
  if (words.empty()) {
    return Status(Code::InvalidArgument, "WHO is empty: say role:NAME, user:ISSUER|SUBJECT, key:NAME, …");
  }
  while (!words.empty()) {
    TRY_ASSIGN(const Who who, parse_who(cut(words, ',')));
    add_word(who, identity);
  }
  return identity;
}

Result<Question> parse_question(std::string_view words) {
  static constexpr std::string_view kUse = "WHAT must be 'ACTION PARTITION[/STUDY[/SERIES[/INSTANCE]]] [FLAVOR]'";
  std::string_view rest = words;
  Question question;
  const std::string_view action = cut(rest, ' ');
  const auto row =
      std::find_if(kActions.begin(), kActions.end(), [&](const auto& known) { return known.name == action; });
  if (row == kActions.end()) {
    std::vector<std::string_view> known;
    for (const ActionRow& one : kActions) {
      known.push_back(one.name);
    }
    return Status(Code::InvalidArgument, std::string(kUse) + "; there is no action '" + std::string(action) +
                                             "'; the nearest is '" + std::string(nearest_of(action, known)) + "'");
  }
  question.action = row->action;
  std::string_view place = cut(rest, ' ');
  question.partition = std::string(cut(place, '/'));
  question.study = std::string(cut(place, '/'));
  if (question.partition.empty() || std::count(place.begin(), place.end(), '/') > 1) {
    return Status(Code::InvalidArgument, std::string(kUse));
  }
  if (rest.empty()) {
    return question;
  }
  const auto flavor = std::find_if(std::begin(kFlavors), std::end(kFlavors),
                                   [rest](ImageFlavor known) { return flavor_word(known) == rest; });
  if (flavor == std::end(kFlavors)) {
    return Status(Code::InvalidArgument,
                  "'" + std::string(rest) + "' is no flavor: VOLUME, LABEL, OVERVIEW, THUMBNAIL or other");
  }
  question.flavor = *flavor;
  return question;
}

}  // namespace tessera::auth

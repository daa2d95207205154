// The policy file's grammar (doc/authorisation.md):
//
//   builtin_roles = true|false                         the roles and grants of builtin_policy.h, too
//   [roles.NAME]   names = […]  includes = […]         both optional
//   [[grants]]     who = "…"|[…]  actions = […]        and, optional: partitions, studies, flavors
#include <algorithm>
#include <array>
#include <optional>
#include <sstream>

#include "auth/builtin_policy.h"
#include "auth/policy.h"
#include "base/nearest.h"
#include "base/toml.h"

namespace tessera::auth {

namespace {

using catalog::FlavorSet;
using catalog::ImageFlavor;

constexpr std::size_t kMaxBytes = 1024 * 1024;
constexpr std::size_t kMaxGrants = 1000;
constexpr std::size_t kMaxRoles = 1000;
// Together in one policy: they become conditions of SQL statements, which have limits of their own.
constexpr std::size_t kMaxStudies = 1000;
constexpr std::size_t kMaxPrefixes = 100;
constexpr std::size_t kMaxWord = 256;

struct FlavorRow {
  std::string_view name;
  ImageFlavor flavor;
};
constexpr std::array kFlavors = {FlavorRow{"VOLUME", ImageFlavor::Volume}, FlavorRow{"LABEL", ImageFlavor::Label},
                                 FlavorRow{"OVERVIEW", ImageFlavor::Overview},
                                 FlavorRow{"THUMBNAIL", ImageFlavor::Thumbnail}, FlavorRow{"other", ImageFlavor::None}};

constexpr std::string_view kTopKeys[] = {"builtin_roles", "roles", "grants"};
constexpr std::string_view kRoleKeys[] = {"names", "includes"};
constexpr std::string_view kGrantKeys[] = {"who", "actions", "partitions", "studies", "flavors"};

bool is_printable(std::string_view word) {
  return !word.empty() && word.size() <= kMaxWord &&
         std::all_of(word.begin(), word.end(), [](unsigned char c) { return c >= 0x20 && c != 0x7F; });
}

bool is_partition_pattern(std::string_view word) {
  static constexpr std::string_view kLetters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-";
  const std::string_view name = word.substr(0, word.size() - (word.ends_with('*') ? 1 : 0));
  return !word.empty() && name.size() <= 64 && name.find_first_not_of(kLetters) == name.npos;
}

// PS3.5 §9.1: components of digits, none empty, none with a zero before others.
bool is_uid(std::string_view text) {
  bool begins = true;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '.' ? begins : c < '0' || c > '9' || (begins && c == '0' && i + 1 < text.size() && text[i + 1] != '.')) {
      return false;
    }
    begins = c == '.';
  }
  return !text.empty() && text.size() <= 64 && !begins;
}

template <typename Rows>
std::vector<std::string_view> names_of(const Rows& rows) {
  std::vector<std::string_view> names;
  for (const auto& row : rows) {
    names.push_back(row.name);
  }
  return names;
}

class PolicyReader {
 public:
  explicit PolicyReader(std::string file) : file_(std::move(file)) {}

  Result<Policy> read(std::string_view text) {
    if (text.size() > kMaxBytes) {
      return Status(Code::TooLarge, "policy '" + file_ + "': more than 1 MiB");
    }
    try {
      const toml::table table = toml::parse(text);
      RETURN_IF_ERROR(read_top(table));
    } catch (const toml::parse_error& error) {
      std::ostringstream what;
      what << error.description();
      return wrong(error.source().begin.line, what.str());
    }
    RETURN_IF_ERROR(check_roles());
    return Policy(std::move(roles_), std::move(grants_));
  }

 private:
  Status wrong(unsigned line, const std::string& what) const {
    return Status(Code::InvalidArgument, "policy '" + file_ + "', line " + std::to_string(line) + ": " + what);
  }
  static unsigned line_of(const toml::node& node) { return node.source().begin.line; }

  Status unknown(unsigned line, const std::string& where, std::string_view key,
                 std::span<const std::string_view> known) const {
    return wrong(line, where + " has no key '" + std::string(key.substr(0, kMaxWord)) + "'; the nearest is '" +
                           std::string(nearest_of(key.substr(0, kMaxWord), known)) + "'");
  }

  Status check_keys(const toml::table& table, const std::string& where, std::span<const std::string_view> known) const {
    for (const auto& [key, node] : table) {
      if (std::find(known.begin(), known.end(), key.str()) == known.end()) {
        return unknown(line_of(node), where, key.str(), known);
      }
    }
    return {};
  }

  Status read_top(const toml::table& table) {
    RETURN_IF_ERROR(check_keys(table, "the policy", kTopKeys));
    if (const toml::node* builtin = table.get("builtin_roles")) {
      if (!builtin->is_boolean()) {
        return wrong(line_of(*builtin), "builtin_roles must be true or false");
      }
      if (builtin->as_boolean()->get()) {
        take_builtin();
      }
    }
    if (const toml::node* roles = table.get("roles")) {
      if (!roles->is_table()) {
        return wrong(line_of(*roles), "roles must be tables: [roles.NAME]");
      }
      RETURN_IF_ERROR(read_roles(*roles->as_table()));
    }
    const toml::node* grants = table.get("grants");
    if (grants == nullptr) {
      return {};
    }
    if (!grants->is_array()) {
      return wrong(line_of(*grants), "grants must be a list of tables: [[grants]]");
    }
    return read_grants(*grants->as_array());
  }

  void take_builtin() {
    const Policy builtin = Policy::builtin(false);
    roles_ = builtin.roles();
    grants_ = builtin.grants();
  }

  Status read_roles(const toml::table& table) {
    for (const auto& [key, node] : table) {
      const std::string name(key.str());
      const std::string where = "roles." + name.substr(0, kMaxWord);
      if (!is_printable(name)) {
        return wrong(line_of(node), where + ": a role's name has 1 to 256 printable characters");
      }
      if (!node.is_table()) {
        return wrong(line_of(node), where + " must be a table: [" + where + "]");
      }
      const bool held = std::any_of(roles_.begin(), roles_.end(), [&](const auto& role) { return role.name == name; });
      if (held) {
        return wrong(line_of(node), where + " is built in already; give it another name, or leave builtin_roles out");
      }
      RETURN_IF_ERROR(check_keys(*node.as_table(), where, kRoleKeys));
      Policy::Role role{name, {}, {}, line_of(node)};
      RETURN_IF_ERROR(read_words(*node.as_table(), "names", where, role.names));
      RETURN_IF_ERROR(read_words(*node.as_table(), "includes", where, role.includes));
      roles_.push_back(std::move(role));
      if (roles_.size() > kMaxRoles) {
        return wrong(line_of(node), "more than 1000 roles");
      }
    }
    return {};
  }

  // A string, or a list of strings; nothing when the key is not there.
  Status read_words(const toml::table& table, std::string_view key, const std::string& where,
                    std::vector<std::string>& out) const {
    const toml::node* node = table.get(key);
    if (node == nullptr) {
      return {};
    }
    const std::string name = where + "." + std::string(key);
    if (const auto* one = node->as_string()) {
      return add_word(*one, name, out);
    }
    if (!node->is_array() || node->as_array()->empty()) {
      return wrong(line_of(*node), name + " must be a string or a list of strings, not empty");
    }
    for (const toml::node& item : *node->as_array()) {
      if (!item.is_string()) {
        return wrong(line_of(item), name + " must hold strings alone");
      }
      RETURN_IF_ERROR(add_word(*item.as_string(), name, out));
    }
    return {};
  }

  Status add_word(const toml::value<std::string>& word, const std::string& name, std::vector<std::string>& out) const {
    if (!is_printable(word.get())) {
      return wrong(line_of(word), name + ": a word has 1 to 256 printable characters");
    }
    out.push_back(word.get());
    return {};
  }

  Status read_grants(const toml::array& list) {
    for (const toml::node& node : list) {
      if (!node.is_table()) {
        return wrong(line_of(node), "grants must be a list of tables: [[grants]]");
      }
      const toml::table& table = *node.as_table();
      RETURN_IF_ERROR(check_keys(table, "grants", kGrantKeys));
      Grant grant;
      grant.line = line_of(node);
      RETURN_IF_ERROR(read_who(table, grant));
      RETURN_IF_ERROR(read_actions(table, grant));
      RETURN_IF_ERROR(read_partitions(table, grant));
      RETURN_IF_ERROR(read_studies(table, grant));
      RETURN_IF_ERROR(read_flavors(table, grant));
      grants_.push_back(std::move(grant));
      if (grants_.size() > kMaxGrants) {
        return wrong(line_of(node), "more than 1000 grants");
      }
    }
    return {};
  }

  // The line of a key, for messages about one of its words.
  static unsigned line_of(const toml::table& table, std::string_view key) {
    const toml::node* node = table.get(key);
    return node != nullptr ? line_of(*node) : line_of(static_cast<const toml::node&>(table));
  }

  Status read_who(const toml::table& table, Grant& grant) const {
    std::vector<std::string> words;
    RETURN_IF_ERROR(read_words(table, "who", "grants", words));
    const unsigned line = line_of(table, "who");
    if (words.empty()) {
      return wrong(line,
                   "a grant needs who: \"role:NAME\", \"scope:NAME\", \"user:ISSUER|SUBJECT\", \"client:ID\", "
                   "\"key:NAME\", \"token:NAME\", \"authenticated\" or \"anyone\"");
    }
    for (const std::string& word : words) {
      Result<Who> who = parse_who(word);
      if (!who.ok()) {
        return wrong(line, "grants.who: " + std::string(who.status().message()));
      }
      grant.who.push_back(std::move(*who));
    }
    return {};
  }

  Status read_actions(const toml::table& table, Grant& grant) const {
    std::vector<std::string> words;
    RETURN_IF_ERROR(read_words(table, "actions", "grants", words));
    const unsigned line = line_of(table, "actions");
    if (words.empty()) {
      return wrong(line, "a grant needs actions: read, write, delete, manage, export, audit");
    }
    for (const std::string& word : words) {
      const auto found =
          std::find_if(kActions.begin(), kActions.end(), [&](const auto& row) { return row.name == word; });
      if (found == kActions.end()) {
        return wrong(line, "grants.actions: there is no action '" + word + "'; the nearest is '" +
                               std::string(nearest_of(word, names_of(kActions))) + "'");
      }
      grant.actions |= static_cast<ActionSet>(found->action);
    }
    return {};
  }

  Status read_partitions(const toml::table& table, Grant& grant) const {
    RETURN_IF_ERROR(read_words(table, "partitions", "grants", grant.partitions));
    for (const std::string& pattern : grant.partitions) {
      if (!is_partition_pattern(pattern)) {
        return wrong(
            line_of(table, "partitions"),
            "grants.partitions: '" + pattern +
                "' is no partition's name (1 to 64 letters, digits, '.', '-' or '_'), nor the beginning of one "
                "and a '*'");
      }
    }
    return {};
  }

  Status read_studies(const toml::table& table, Grant& grant) {
    std::vector<std::string> words;
    RETURN_IF_ERROR(read_words(table, "studies", "grants", words));
    const unsigned line = line_of(table, "studies");
    for (const std::string& word : words) {
      const bool many = word.ends_with(".*");
      const std::string uid = word.substr(0, word.size() - (many ? 2 : 0));
      if (!is_uid(uid)) {
        return wrong(line, "grants.studies: '" + word + "' is no StudyInstanceUID, nor the beginning of one and '.*'");
      }
      (many ? grant.studies.prefixes : grant.studies.studies).push_back(many ? uid + "." : uid);
      ++(many ? prefixes_ : studies_);
    }
    if (studies_ > kMaxStudies || prefixes_ > kMaxPrefixes) {
      return wrong(line,
                   "grants.studies: more than 1000 studies, or more than 100 beginnings, in one policy; put what "
                   "belongs together into a partition");
    }
    return {};
  }

  Status read_flavors(const toml::table& table, Grant& grant) const {
    std::vector<std::string> words;
    RETURN_IF_ERROR(read_words(table, "flavors", "grants", words));
    grant.studies.flavors = words.empty() ? catalog::kOrdinaryFlavors : catalog::kNoFlavors;
    for (const std::string& word : words) {
      const auto found =
          std::find_if(kFlavors.begin(), kFlavors.end(), [&](const auto& row) { return row.name == word; });
      if (found == kFlavors.end()) {
        return wrong(line_of(table, "flavors"), "grants.flavors: there is no flavor '" + word + "'; the nearest is '" +
                                                    std::string(nearest_of(word, names_of(kFlavors))) + "'");
      }
      grant.studies.flavors |= catalog::flavor_bit(found->flavor);
    }
    return {};
  }

  // Every role that is named is there.
  Status check_roles() const {
    std::vector<std::string_view> known = names_of(roles_);
    const auto check = [&](unsigned line, const std::string& where, const std::string& name) {
      if (std::find(known.begin(), known.end(), name) != known.end()) {
        return Status();
      }
      return wrong(line, where + ": there is no role '" + name + "'" +
                             (known.empty() ? "; a role is made by [roles.NAME]"
                                            : "; the nearest is '" + std::string(nearest_of(name, known)) + "'"));
    };
    for (const Policy::Role& role : roles_) {
      for (const std::string& included : role.includes) {
        RETURN_IF_ERROR(check(role.line, "roles." + role.name + ".includes", included));
      }
    }
    for (const Grant& grant : grants_) {
      for (const Who& who : grant.who) {
        if (who.kind == Who::Kind::Role) {
          RETURN_IF_ERROR(check(grant.line, "grants.who", who.name));
        }
      }
    }
    return {};
  }

  const std::string file_;
  std::vector<Policy::Role> roles_;
  std::vector<Grant> grants_;
  std::size_t studies_ = 0;
  std::size_t prefixes_ = 0;
};

}  // namespace

Result<Policy> Policy::parse(std::string_view text, const std::string& file) {
  return PolicyReader(file).read(text);
}

Policy Policy::builtin(bool open) {
  const std::string text = std::string(kBuiltinPolicy) + (open ? std::string(kOpenToAll) : std::string());
  Policy policy = *PolicyReader("built in").read(text);  // policy_test.cc: it is well-formed
  for (Grant& grant : policy.grants_) {
    grant.line = 0;
  }
  return policy;
}

}  // namespace tessera::auth

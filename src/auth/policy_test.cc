#include "auth/policy.h"

#include <gtest/gtest.h>

#include "auth/explain.h"
#include "auth/scopes.h"

namespace tessera::auth {

namespace {

using catalog::ImageFlavor;
using catalog::kAllFlavors;
using catalog::kOrdinaryFlavors;

constexpr std::string_view kLab = R"toml(
[roles.pathologist]
names = ["Pathologists"]
[roles.chief]
includes = ["pathologist"]
[roles.scanner]

[[grants]]
who = "role:pathologist"
actions = ["read"]
partitions = ["lab-*", "shared"]

[[grants]]
who = "role:chief"
actions = ["read", "delete"]
flavors = ["LABEL", "OVERVIEW"]

[[grants]]
who = ["role:scanner", "key:s1"]
actions = ["write"]
partitions = ["lab-a"]
flavors = ["VOLUME"]

[[grants]]
who = "client:ai-vendor"
actions = ["read"]
studies = ["1.2.3", "1.9.*"]

[[grants]]
who = "user:https://idp.example|u|1"
actions = ["audit"]

[[grants]]
who = "scope:research"
actions = ["read"]
partitions = ["research"]
)toml";

Policy parsed(std::string_view text) {
  auto policy = Policy::parse(text, "p.toml");
  EXPECT_TRUE(policy.ok()) << policy.status().message();
  return *policy;
}

Identity with_role(std::string role, std::vector<std::string> scopes = {}) {
  Identity identity;
  identity.proof = Proof::Token;
  identity.roles = {std::move(role)};
  identity.scopes = std::move(scopes);
  return identity;
}

std::string error_of(std::string_view text) {
  return std::string(Policy::parse(text, "p.toml").status().message());
}

}  // namespace

TEST(Policy, what_no_grant_gives_is_refused_and_partitions_go_by_name) {
  const Policy lab = parsed(kLab);
  const Identity reader = with_role("pathologist");
  EXPECT_EQ(lab.rights(reader, Action::Read, "lab-a").everywhere, kOrdinaryFlavors);
  EXPECT_EQ(lab.rights(reader, Action::Read, "shared").everywhere, kOrdinaryFlavors);
  for (const char* other : {"shared2", "lab", "LAB-a", "Microsoft.Default", ""}) {
    EXPECT_TRUE(lab.rights(reader, Action::Read, other).sees_nothing()) << other;
  }
  EXPECT_TRUE(lab.rights(reader, Action::Write, "lab-a").sees_nothing());
  EXPECT_TRUE(lab.anywhere(reader, Action::Read));
  EXPECT_FALSE(lab.anywhere(reader, Action::Delete));
  EXPECT_TRUE(lab.rights(Identity{}, Action::Read, "lab-a").sees_nothing());
}

TEST(Policy, grants_add_up_and_a_role_has_those_of_the_roles_it_includes) {
  const Policy lab = parsed(kLab);
  EXPECT_EQ(lab.rights(with_role("chief"), Action::Read, "lab-a").everywhere,
            kOrdinaryFlavors | catalog::kLabelFlavors);
  EXPECT_EQ(lab.rights(with_role("chief"), Action::Read, "else").everywhere, catalog::kLabelFlavors);
  EXPECT_EQ(lab.rights(with_role("Pathologists"), Action::Read, "lab-a").everywhere, kOrdinaryFlavors);
}

TEST(Policy, roles_that_include_each_other_have_the_same_grants) {
  const Policy ring = parsed(
      "[roles.a]\nincludes='b'\n[roles.b]\nincludes='c'\n[roles.c]\nincludes='a'\n"
      "[[grants]]\nwho='role:b'\nactions='read'\n");
  for (const char* role : {"a", "b", "c"}) {
    EXPECT_FALSE(ring.rights(with_role(role), Action::Read, "p").sees_nothing()) << role;
  }
}

TEST(Policy, studies_are_named_exactly_or_by_their_beginning_up_to_a_dot) {
  Identity vendor;
  vendor.proof = Proof::Token;
  vendor.issuer = "https://idp.example";
  vendor.client = "ai-vendor";
  const auto rights = parsed(kLab).rights(vendor, Action::Read, "anything");
  EXPECT_TRUE(rights.sees("1.2.3", ImageFlavor::Volume));
  EXPECT_FALSE(rights.sees("1.2.3", ImageFlavor::Label));
  EXPECT_TRUE(rights.sees("1.9.7.7", ImageFlavor::Volume));
  for (const char* other : {"1.2.3.1", "1.2.33", "1.9", "1.90.1", ""}) {
    EXPECT_FALSE(rights.sees(other, ImageFlavor::Volume)) << other;
  }
}

TEST(Policy, nobody_is_taken_for_a_key_a_token_or_a_user_by_having_the_name_of_one) {
  const Policy lab = parsed(kLab);
  Identity key;
  key.proof = Proof::Key;
  key.subject = "s1";
  EXPECT_FALSE(lab.rights(key, Action::Write, "lab-a").sees_nothing());
  Identity same_name = key;
  same_name.proof = Proof::Token;
  EXPECT_TRUE(lab.rights(same_name, Action::Write, "lab-a").sees_nothing());
  Identity user;
  user.proof = Proof::Token;
  user.issuer = "https://idp.example";
  user.subject = "u|1";
  EXPECT_TRUE(lab.anywhere(user, Action::Audit));
  user.issuer = "https://other.example";
  EXPECT_FALSE(lab.anywhere(user, Action::Audit));
  const Policy token = parsed("[[grants]]\nwho='token:t'\nactions='read'\n");
  Identity foreign;
  foreign.proof = Proof::Token;
  foreign.issuer = "https://idp.example";
  foreign.subject = "t";
  EXPECT_FALSE(token.anywhere(foreign, Action::Read));
}

TEST(Policy, anyone_is_everybody_and_authenticated_is_whoever_has_a_credential) {
  const Policy open =
      parsed("[[grants]]\nwho='anyone'\nactions='read'\n[[grants]]\nwho='authenticated'\nactions='write'");
  EXPECT_TRUE(open.admits_anyone());
  EXPECT_TRUE(open.anywhere(Identity{}, Action::Read));
  EXPECT_FALSE(open.anywhere(Identity{}, Action::Write));
  EXPECT_TRUE(open.anywhere(with_role("x"), Action::Write));
  EXPECT_FALSE(parsed(kLab).admits_anyone());
}

TEST(Policy, scopes_narrow_what_roles_give_and_give_what_the_policy_says) {
  const Policy builtin = Policy::builtin(false);
  const Identity owner = with_role("owner", {"openid", "user/ImagingStudy.rs"});
  EXPECT_TRUE(builtin.rights(owner, Action::Read, "p").sees_everything());
  EXPECT_TRUE(builtin.rights(owner, Action::Write, "p").sees_nothing());
  EXPECT_FALSE(builtin.rights(with_role("owner", {"openid"}), Action::Write, "p").sees_nothing());
  EXPECT_TRUE(builtin.rights(with_role("reader", {"Dicom.ReadWrite"}), Action::Write, "p").sees_nothing());
  const Policy lab = parsed(kLab);
  EXPECT_FALSE(lab.rights(with_role("x", {"research"}), Action::Read, "research").sees_nothing());
  EXPECT_FALSE(lab.rights(with_role("x", {"research", "user/Patient.rs"}), Action::Read, "research").sees_nothing());
}

TEST(Policy, every_scope_says_what_its_syntax_means) {
  const auto set = [](std::initializer_list<Action> actions) {
    ActionSet all = kNoAction;
    for (const Action action : actions) {
      all |= static_cast<ActionSet>(action);
    }
    return all;
  };
  const ActionSet read = set({Action::Read});
  const ActionSet change = set({Action::Write, Action::Delete});
  const struct {
    const char* scope;
    ActionSet left;
  } rows[] = {
      {"Dicom.ReadWrite", kAllActions},
      {"https://dicom.example/Dicom.ReadWrite", kAllActions},
      {"Dicom.Read", set({Action::Read, Action::Export})},
      {"user/ImagingStudy.read", read},
      {"system/ImagingStudy.rs", read},
      {"user/*.r", read},
      {"user/ImagingStudy.*", static_cast<ActionSet>(read | change)},
      {"user/ImagingStudy.write", change},
      {"system/ImagingStudy.c", set({Action::Write})},
      {"system/ImagingStudy.d", set({Action::Delete})},
      {"system/*.cruds", static_cast<ActionSet>(read | change)},
      {"patient/ImagingStudy.rs", kNoAction},
      {"user/Patient.rs", kNoAction},
      {"user/ImagingStudy.rs?modality=SM", kNoAction},
      {"user/ImagingStudy.sr", kAllActions},  // out of order: no SMART scope, so it says nothing
      {"user/ImagingStudy.", kAllActions},
      {"user/ImagingStudy", kAllActions},
      {"openid", kAllActions},
      {"", kAllActions},
  };
  for (const auto& row : rows) {
    const std::string scopes[] = {row.scope};
    EXPECT_EQ(actions_left_by(scopes), row.left) << row.scope;
  }
  const std::string both[] = {"user/ImagingStudy.rs", "user/ImagingStudy.c"};
  EXPECT_EQ(actions_left_by(both), set({Action::Read, Action::Write}));
}

TEST(Policy, the_built_in_one_has_the_contracts_roles) {
  const Policy builtin = Policy::builtin(false);
  for (const char* role : {"owner", "DICOM Data Owner", "globalAdmin"}) {
    for (const ActionRow& row : kActions) {
      EXPECT_TRUE(builtin.rights(with_role(role), row.action, "p").sees_everything()) << role;
    }
  }
  for (const char* role : {"reader", "DICOM Data Reader", "globalReader"}) {
    EXPECT_EQ(builtin.rights(with_role(role), Action::Read, "p").everywhere, kOrdinaryFlavors) << role;
    EXPECT_TRUE(builtin.rights(with_role(role), Action::Write, "p").sees_nothing()) << role;
  }
  EXPECT_TRUE(builtin.rights(with_role("label-reader"), Action::Read, "p").sees_everything());
  EXPECT_TRUE(builtin.rights(Identity{}, Action::Read, "p").sees_nothing());
  EXPECT_TRUE(Policy::builtin(true).rights(Identity{}, Action::Manage, "p").sees_everything());
}

TEST(Policy, a_file_has_the_built_in_roles_only_when_it_says_so) {
  EXPECT_TRUE(parsed("").rights(with_role("owner"), Action::Read, "p").sees_nothing());
  const Policy more = parsed("builtin_roles = true\n[roles.x]\nincludes='reader'\n");
  EXPECT_TRUE(more.rights(with_role("owner"), Action::Read, "p").sees_everything());
  EXPECT_EQ(more.rights(with_role("x"), Action::Read, "p").everywhere, kOrdinaryFlavors);
  EXPECT_TRUE(more.check_role("DICOM Data Owner").ok());
  EXPECT_EQ(more.check_role("raeder").message(), "the policy has no role 'raeder'; the nearest is 'reader'");
}

// What toml++ takes for impossible.
TEST(Policy, a_control_character_where_a_key_should_be_is_an_error) {
  for (const std::string& text :
       {std::string("[\0\0roles.a]", 11), std::string("[[\0\0grants]]", 12), std::string("a.\0 = 1", 7),
        std::string("[\x7f]"), std::string("= 1"), std::string("a = 1\u0474")}) {
    const auto policy = Policy::parse(text, "p.toml");
    ASSERT_FALSE(policy.ok());
    EXPECT_NE(policy.status().message().find("line 1"), std::string::npos) << policy.status().message();
  }
}

TEST(Policy, an_error_names_file_line_key_and_the_nearest_word) {
  const struct {
    const char* text;
    std::vector<const char*> says;
  } rows[] = {
      {"roles = 1", {"line 1", "[roles.NAME]"}},
      {"grants = 'x'", {"line 1", "[[grants]]"}},
      {"grants = ['x']", {"[[grants]]"}},
      {"\n\ngrnats = []", {"line 3", "'grnats'", "'grants'"}},
      {"builtin_roles = 'yes'", {"true or false"}},
      {"builtin_roles = true\n[roles.owner]\n", {"line 2", "built in already"}},
      {"[roles.a]\nname = 'x'", {"line 2", "roles.a", "'name'", "'names'"}},
      {"[roles.a]\nnames = [1]", {"line 2", "strings"}},
      {"[roles.a]\nnames = []", {"roles.a.names"}},
      {"[roles.a]\nincludes = 'b'", {"roles.a.includes", "'b'", "'a'"}},
      {"[roles.\"\"]\n", {"printable"}},
      {"[[grants]]\nactions = ['read']", {"line 1", "needs who"}},
      {"[[grants]]\nwho = 'anyone'", {"needs actions"}},
      {"[[grants]]\nwho = 'anyone'\nactions = ['raed']", {"line 3", "'raed'", "'read'"}},
      {"[[grants]]\nwho = 'rol:x'\nactions = ['read']", {"line 2", "'rol:x'", "'role:'"}},
      {"[[grants]]\nwho = 'role:'\nactions = ['read']", {"after the colon"}},
      {"[[grants]]\nwho = 'user:x'\nactions = ['read']", {"ISSUER|SUBJECT"}},
      {"[roles.reader]\n[[grants]]\nwho = 'role:raeder'\nactions = ['read']", {"'raeder'", "'reader'"}},
      {"[[grants]]\nwho = 'anyone'\nactions = ['read']\nflavours = []", {"line 4", "'flavours'", "'flavors'"}},
      {"[[grants]]\nwho = 'anyone'\nactions = ['read']\nflavors = ['LABLE']", {"line 4", "'LABLE'", "'LABEL'"}},
      {"[[grants]]\nwho = 'anyone'\nactions = ['read']\nstudies = ['1.2*']", {"line 4", "'1.2*'"}},
      {"[[grants]]\nwho = 'anyone'\nactions = ['read']\nstudies = [\"1' OR 1\"]", {"line 4"}},
      {"[[grants]]\nwho = 'anyone'\nactions = ['read']\nstudies = []", {"not empty"}},
      {"[[grants]]\nwho = 'anyone'\nactions = ['read']\npartitions = ['a b']", {"line 4", "'a b'"}},
      {"[[grants]]\nwho = 'anyone'\nactions = ['read']\npartitions = ['a*b']", {"'a*b'"}},
      {"a = [", {"line 1"}},
  };
  for (const auto& row : rows) {
    const std::string error = error_of(row.text);
    EXPECT_TRUE(error.find("policy 'p.toml', line ") == 0) << row.text << ": " << error;
    for (const char* said : row.says) {
      EXPECT_NE(error.find(said), std::string::npos) << row.text << ": " << error;
    }
  }
}

TEST(Policy, a_policy_has_limits) {
  std::string studies = "[[grants]]\nwho='anyone'\nactions='read'\nstudies=[";
  for (int i = 1; i <= 1001; ++i) {
    studies += "'1.2." + std::to_string(i) + "',";
  }
  EXPECT_NE(error_of(studies + "]").find("more than 1000 studies"), std::string::npos);
  std::string grants;
  for (int i = 0; i <= 1000; ++i) {
    grants += "[[grants]]\nwho='anyone'\nactions='read'\n";
  }
  EXPECT_NE(error_of(grants).find("more than 1000 grants"), std::string::npos);
  EXPECT_EQ(Policy::parse(std::string(2 << 20, '#'), "p").status().code(), Code::TooLarge);
}

TEST(Explain, the_decision_comes_first_and_every_grant_says_why) {
  const Policy lab = parsed(kLab);
  const auto yes = explain(lab, *parse_caller("role:pathologist"), *parse_question("read lab-a/1.2.3"));
  EXPECT_TRUE(yes.allowed);
  EXPECT_NE(yes.lines[0].find("may read of study 1.2.3 in partition 'lab-a': VOLUME, THUMBNAIL, other images, not "
                              "LABEL, OVERVIEW"),
            std::string::npos)
      << yes.lines[0];
  EXPECT_NE(yes.lines[1].find("line 8 to role:pathologist"), std::string::npos) << yes.lines[1];
  const auto no = explain(lab, *parse_caller("role:pathologist"), *parse_question("read lab-a/1.2.3 LABEL"));
  EXPECT_FALSE(no.allowed);
  ASSERT_EQ(no.lines.size(), 1 + lab.grants().size());
  EXPECT_NE(no.lines[1].find("does not name LABEL images"), std::string::npos) << no.lines[1];
  EXPECT_NE(no.lines[2].find("is to somebody else"), std::string::npos) << no.lines[2];
  EXPECT_NE(no.lines[3].find("does not have the action read"), std::string::npos) << no.lines[3];
  const auto scoped = explain(Policy::builtin(false), *parse_caller("role:owner,scope:user/ImagingStudy.rs"),
                              *parse_question("write p"));
  EXPECT_FALSE(scoped.allowed);
  EXPECT_NE(scoped.lines[1].find("the scopes leave no write"), std::string::npos) << scoped.lines[1];
}

TEST(Explain, it_agrees_with_what_is_granted_for_every_caller_action_partition_study_and_flavor) {
  const Policy lab = parsed(kLab);
  for (const char* who : {"role:pathologist", "role:chief", "role:scanner", "key:s1", "client:ai-vendor", "anyone",
                          "scope:research", "role:chief,scope:user/ImagingStudy.rs"}) {
    const Identity identity = *parse_caller(who);
    for (const ActionRow& action : kActions) {
      for (const char* partition : {"lab-a", "shared", "research", "x"}) {
        const auto rights = lab.rights(identity, action.action, partition);
        for (const char* study : {"1.2.3", "1.9.4", "7"}) {
          for (const ImageFlavor flavor : {ImageFlavor::None, ImageFlavor::Volume, ImageFlavor::Label}) {
            EXPECT_EQ(explain(lab, identity, {action.action, partition, study, flavor}).allowed,
                      rights.sees(study, flavor))
                << who << " " << action.name << " " << partition << "/" << study;
          }
        }
      }
    }
  }
}

TEST(Explain, words_that_mean_nothing_are_refused) {
  for (const char* who : {"", "reader", "user:x", ",", "role:"}) {
    EXPECT_FALSE(parse_caller(who).ok()) << who;
  }
  for (const char* what : {"", "read", "raed p", "read p LABLE", "read p/1/2/3/4", "read /x"}) {
    EXPECT_FALSE(parse_question(what).ok()) << what;
  }
}

}  // namespace tessera::auth

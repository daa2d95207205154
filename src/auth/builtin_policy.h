// The policy without a policy file, in its own language; doc/authorisation.md shows it. Private to the room.
#pragma once

#include <string_view>

namespace tessera::auth {

inline constexpr std::string_view kBuiltinPolicy = R"toml(
[roles.owner]
names = ["DICOM Data Owner", "globalAdmin"]

[roles.label-reader]

[roles.reader]
names = ["DICOM Data Reader", "globalReader"]

[[grants]]
who = "role:owner"
actions = ["read", "write", "delete", "manage", "export", "audit"]
flavors = ["VOLUME", "LABEL", "OVERVIEW", "THUMBNAIL", "other"]

[[grants]]
who = "role:label-reader"
actions = ["read"]
flavors = ["VOLUME", "LABEL", "OVERVIEW", "THUMBNAIL", "other"]

[[grants]]
who = "role:reader"
actions = ["read"]
)toml";

// Where the server asks nobody for a credential.
inline constexpr std::string_view kOpenToAll = R"toml(
[[grants]]
who = "anyone"
actions = ["read", "write", "delete", "manage", "export", "audit"]
flavors = ["VOLUME", "LABEL", "OVERVIEW", "THUMBNAIL", "other"]
)toml";

}  // namespace tessera::auth

// Visibility as SQL. The conditions hold digits and dots of UIDs and numbers of ours, nothing that a request brought:
// they are text rather than bound values, because one statement has them in several places. Private to the room.
#pragma once

#include <string>
#include <string_view>

#include "catalog/visibility.h"

namespace tessera::catalog {

// " AND …" on the instance `alias` of a study in which exactly `flavors` are seen; empty when that is all of them.
std::string flavors_sql(FlavorSet flavors, std::string_view alias);

// " AND …" on the instance `alias` of the study `s`.
std::string instances_sql(const Visibility& visibility, std::string_view alias);

// " AND …" on the study `s`: one that no clause names is not looked at further. Empty where `everywhere` has any.
std::string studies_sql(const Visibility& visibility);

}  // namespace tessera::catalog

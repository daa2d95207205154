// What /metrics tells beside requests: the archive, pools, caches, the process. Each adds its families to a Metrics.
#pragma once

#include <functional>

#include "app/archive_stack.h"
#include "app/metrics.h"
#include "auth/oidc.h"
#include "base/pool.h"
#include "net/client_limits.h"

namespace tessera::app {

// All are borrowed for as long as the Metrics is rendered.
void watch_archive(Metrics& metrics, ArchiveStack& stack);
void watch_pools(Metrics& metrics, const Pool& readers, const Pool& writers);
void watch_issuers(Metrics& metrics, const auth::Oidc& oidc);
void watch_limits(Metrics& metrics, std::shared_ptr<net::ClientLimits> limits);
void watch_process(Metrics& metrics, const Clock& clock);

}  // namespace tessera::app

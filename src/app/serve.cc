// The server: parts as plain variables in build order, torn down in the opposite one.
#include <pthread.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <cstdio>
#include <optional>

#include "app/audit.h"
#include "app/commands.h"
#include "app/front.h"
#include "app/metrics_sources.h"
#include "app/service_user.h"
#include "app/version.h"
#include "archive/reindex.h"
#include "dicomweb/plain_path.h"

namespace tessera::app {

namespace {

// Whoever looks at a slide does not wait for what is being stored.
constexpr int kWriterNiceness = 10;

int complain(const Status& status) {
  std::fprintf(stderr, "tessera: %s\n", std::string(status.message()).c_str());
  return 1;
}

// Open blobs, connections and uploads each hold a descriptor.
void raise_descriptor_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
    limit.rlim_cur = limit.rlim_max;
    (void)setrlimit(RLIMIT_NOFILE, &limit);
  }
}

// SIGHUP among them: it asks for certificate and policy to be read again.
sigset_t block_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGHUP);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);  // inherited by every thread started from here on
  return signals;
}

net::ServerOptions server_options(const Config& config) {
  net::ServerOptions options;
  options.host = config.listen_host;
  options.port = config.listen_port;
  options.loops = config.loop_threads;
  options.max_connections = config.max_connections;
  options.max_head_bytes = config.max_head_bytes;
  options.idle_timeout = config.idle_timeout;
  options.body_timeout = config.body_timeout;
  options.body_memory = std::size_t{config.body_memory_mib} << 20;
  return options;
}

Result<std::shared_ptr<net::ClientLimits>> client_limits(const Config& config, const Clock& clock) {
  net::ClientLimitOptions options;
  options.requests = {static_cast<double>(config.requests_per_second), static_cast<double>(config.request_burst)};
  options.failures = {config.wrong_credentials == 0 ? 0.0 : 1.0, static_cast<double>(config.wrong_credentials)};
  options.malformed = {config.malformed_requests == 0 ? 0.0 : 10.0, static_cast<double>(config.malformed_requests)};
  options.concurrent_requests = config.requests_at_once;
  options.connections = config.connections_per_client;
  TRY_ASSIGN(options.exempt, net::AddressSet::parse(config.exempt_clients));
  TRY_ASSIGN(options.trusted_proxies, net::AddressSet::parse(config.trusted_proxies));
  return std::make_shared<net::ClientLimits>(std::move(options), clock);
}

void log_access(Log& log, const net::AccessRecord& record) {
  const bool failed = record.status == 500 || record.status == 503;  // 501, 505 and 507 are not this program's failures
  log.event(failed ? LogLevel::Error : LogLevel::Info, record.aborted ? "request cut off" : "request",
            {{"id", record.id},
             {"peer", record.peer},
             {"method", record.method},
             {"path", dicomweb::plain_path(record.target)},
             {"status", record.status},
             {"in", record.bytes_in},
             {"out", record.bytes_out},
             {"micros", record.micros}});
}

// Who is let in, and what for.
struct Doorkeepers {
  std::unique_ptr<auth::PolicySource> policies;
  std::unique_ptr<auth::KeyRing> keys;  // none: API keys are not taken
  std::optional<auth::Seal> seal;       // none: nobody signs in on the page
};

Result<Doorkeepers> open_doorkeepers(const Config& config, ArchiveStack& stack, Log& log) {
  Doorkeepers doors;
  const bool open = config.tokens.empty() && config.issuers.empty() && !config.api_keys;
  TRY_ASSIGN(doors.policies, auth::PolicySource::make(config.policy_file, open, log));
  if (config.api_keys) {
    TRY_ASSIGN(doors.keys, auth::KeyRing::open(*stack.folder.database, stack.keys, stack.clock, log));
  }
  for (const auth::IssuerOptions& issuer : config.issuers) {
    if (issuer.signs_in()) {
      TRY_ASSIGN(doors.seal, auth::Seal::open(stack.folder.path / "session.key"));
    }
  }
  return doors;
}

// A token that everybody on the machine can read is none. (A group may: packages give files to root and the service's.)
Status check_secrets(const Config& config) {
  for (const std::filesystem::path& path : config.secret_files) {
    struct stat info {};
    if (::stat(path.c_str(), &info) == 0 && (info.st_mode & S_IRWXO) != 0) {
      return Status(Code::InvalidArgument, "serve: '" + path.string() +
                                               "' holds a token and everybody on this machine may read or write it; "
                                               "chmod o= it, and choose a new token");
    }
  }
  return {};
}

// Switched off, the service would show one partition's data and hide the others'.
Status check_partitions(const Config& config, catalog::Partitions& partitions) {
  if (config.partitions) {
    return {};
  }
  TRY_ASSIGN(const auto other, partitions.first_beside_default());
  if (!other) {
    return {};
  }
  return Status(Code::InvalidArgument,
                "serve: features.partitions cannot be false, because the data is partitioned "
                "already (partition '" +
                    other->name + "'); set features.partitions = true");
}

std::string listening_url(const Config& config, std::uint16_t port) {
  const bool v6 = config.listen_host.find(':') != std::string::npos;
  return (config.tls.enabled() ? "https://" : "http://") + (v6 ? "[" + config.listen_host + "]" : config.listen_host) +
         ":" + std::to_string(port);
}

// None where the server speaks in the clear.
Result<std::shared_ptr<net::TlsContext>> open_tls(const Config& config, const Clock& clock) {
  return config.tls.enabled() ? net::TlsContext::open(config.tls, clock) : std::shared_ptr<net::TlsContext>();
}

void watch_tls(Metrics& metrics, const std::shared_ptr<net::TlsContext>& tls) {
  if (tls != nullptr) {
    metrics.collect([tls](Exposition& out) {
      out.family("tessera_tls_certificate_expires_seconds", "gauge", "When the certificate in use ends, since 1970.");
      out.sample(static_cast<double>(tls->expires_at()));
    });
  }
}

// A certificate that cannot be used is told, and the old one stays.
void renew_tls(net::TlsContext& tls, bool asked, Log& log) {
  const Result<bool> renewed = asked ? tls.reload() : tls.reload_if_changed();
  if (!renewed.ok()) {
    log.warning("the new TLS certificate is not used; the old one stays", {{"why", renewed.status().message()}});
  } else if (*renewed) {
    log.info("TLS certificate read again", {{"expires", rfc3339(tls.expires_at() * 1000)}});
  }
}

// Until SIGTERM or SIGINT, which it returns. SIGHUP means a new policy and a new certificate; that the certificate's
// files change means the latter.
int wait_for_stop(const sigset_t& signals, net::TlsContext* tls, auth::PolicySource& policies, Log& log) {
  constexpr timespec kBetweenLooks{2, 0};
  while (true) {
    const int signal =
        tls == nullptr ? ::sigwaitinfo(&signals, nullptr) : ::sigtimedwait(&signals, nullptr, &kBetweenLooks);
    if (signal > 0 && signal != SIGHUP) {
      return signal;
    }
    if (signal == SIGHUP) {
      policies.reload();
    }
    if (tls != nullptr) {
      renew_tls(*tls, signal == SIGHUP, log);
    }
  }
}

}  // namespace

int run_serve(const Config& config) {
  raise_descriptor_limit();
  (void)::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);  // it starts nothing that would need any
  const Status lowered = config.user.empty() ? Status() : become_user(config.user);
  if (!lowered.ok()) {
    return complain(lowered);
  }
  const sigset_t signals = block_signals();
  Log log({.level = config.log_level, .format = config.log_format});

  const SystemClock clock;
  const auto tls = open_tls(config, clock);
  if (!tls.ok()) {
    return complain(tls.status());
  }
  const Status secret = check_secrets(config);
  if (!secret.ok()) {
    return complain(secret);
  }
  const archive::Locator::Options cache{config.cached_instances,
                                        std::size_t{config.cached_frame_table_mib} * 1024 * 1024};
  auto stack =
      ArchiveStack::open(config.data, cache, config.upload_lease, log, std::uint64_t{config.min_free_mib} << 20);
  if (!stack.ok()) {
    return complain(stack.status());
  }
  const Status partitions_fit = check_partitions(config, (*stack)->partitions);
  if (!partitions_fit.ok()) {
    return complain(partitions_fit);
  }
  const auto doors = open_doorkeepers(config, **stack, log);
  if (!doors.ok()) {
    return complain(doors.status());
  }
  const auto audit = open_audit(config, log);
  if (!audit.ok()) {
    return complain(audit.status());
  }
  Pool readers("readers", config.reader_threads);
  Pool writers("writers", config.writer_threads, kWriterNiceness);
  archive::Reindexer reindexer(*(*stack)->folder.blobs, *(*stack)->folder.database, log);
  Metrics metrics;
  watch_archive(metrics, **stack);
  watch_pools(metrics, readers, writers);
  watch_process(metrics, (*stack)->clock);
  watch_tls(metrics, *tls);
  if (*audit != nullptr) {
    watch_audit(metrics, **audit);
  }
  Front front(config, **stack, {*doors->policies, doors->keys.get(), doors->seal ? &*doors->seal : nullptr}, readers,
              writers, metrics, log, audit->get());

  net::ServerOptions options = server_options(config);
  options.tls = *tls;
  auto limits = client_limits(config, (*stack)->clock);
  if (!limits.ok()) {
    return complain(limits.status());
  }
  options.client_limits = *limits;
  watch_limits(metrics, options.client_limits);
  options.on_access = [&](const net::AccessRecord& record) {
    metrics.record(record);
    if (config.log_access || record.status >= 500) {
      log_access(log, record);
    }
  };
  options.on_protocol_error = [&front](const net::Request& request, net::Response& response) {
    front.add_cors(request, response);
  };
  net::Server server(
      options,
      [&front](const net::Request& request, net::Responder responder) {
        return front.dispatch(request, std::move(responder));
      },
      log);
  metrics.collect([&server](Exposition& out) {
    out.family("tessera_connections", "gauge", "Open connections.");
    out.sample(static_cast<double>(server.open_connections()));
  });
  const std::string version = auth::AuditObject().text("version", kVersion).take();
  Status started = audit_command(audit->get(), "start", {}, version);
  if (started.ok()) {
    started = server.start();
  }
  if (!started.ok()) {
    return complain(started);
  }
  std::printf("tessera: listening on %s\n", listening_url(config, server.port()).c_str());
  std::fflush(stdout);
  log.info("serving", {{"data", (*stack)->folder.path.string()}, {"port", unsigned{server.port()}}});
  if (runs_as_root()) {
    log.warning("running as root: whoever finds a hole in the server has the machine; set 'user'");
  }

  const int signal_number = wait_for_stop(signals, tls->get(), *doors->policies, log);
  log.info("stopping", {{"signal", signal_number}});
  front.start_draining();
  const bool clean = server.shutdown(config.shutdown_timeout);
  if (!clean) {
    log.warning("requests in flight were cut off",
                {{"after_seconds", static_cast<long>(config.shutdown_timeout.count())}});
  }
  (void)audit_command(audit->get(), "stop", {}, {});
  return 0;
}

}  // namespace tessera::app

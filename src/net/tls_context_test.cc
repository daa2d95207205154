#include "net/tls_context.h"

#include <gtest/gtest.h>

#include <chrono>
#include <thread>

#include "net/client_certificate.h"
#include "net/openssl.h"
#include "net/server.h"
#include "support/fake_clock.h"
#include "support/make_certificate.h"

namespace tessera::net {
namespace {

constexpr std::int64_t kDay = 86'400;

class TlsContextTest : public testing::Test {
 protected:
  TlsContextTest() {
    std::string pattern = (std::filesystem::temp_directory_path() / "tls_context_test.XXXXXX").string();
    folder_ = ::mkdtemp(pattern.data());
    options_.certificate = folder_ / "server.pem";
    options_.key = folder_ / "server.key";
    clock_.advance(std::chrono::duration_cast<Millis>(std::chrono::system_clock::now().time_since_epoch()) -
                   Millis(clock_.wall_millis()));  // OpenSSL has a clock of its own
    put("first.example");
  }
  ~TlsContextTest() override { std::filesystem::remove_all(folder_); }

  std::int64_t now() const { return clock_.wall_millis() / 1000; }

  void put(const std::string& name) {
    test::make_certificate(name, "DNS:" + name + ",IP:127.0.0.1", now() - kDay, now() + 90 * kDay)
        .write(options_.certificate, options_.key);
  }

  void ask_clients(ClientCertificates rule) {
    client_ =
        test::make_certificate("scanner-3", "DNS:a.example,email:b@c.example,URI:urn:d", now() - kDay, now() + kDay);
    std::ofstream(folder_ / "clients.pem") << client_.certificate;
    options_.client_ca = folder_ / "clients.pem";
    options_.client_certificates = rule;
  }

  std::shared_ptr<TlsContext> open() {
    auto opened = TlsContext::open(options_, clock_);
    EXPECT_TRUE(opened.ok()) << opened.status().message();
    return *opened;
  }

  // A client of TLS 1.2, whose tickets come within the handshake; with the certificate of ask_clients() if there is
  // one.
  std::shared_ptr<SSL_CTX> client() const {
    std::shared_ptr<SSL_CTX> made(SSL_CTX_new(TLS_client_method()), SSL_CTX_free);
    SSL_CTX_set_max_proto_version(made.get(), TLS1_2_VERSION);
    if (!client_.certificate.empty()) {
      const BioPtr certificate(BIO_new_mem_buf(client_.certificate.data(), -1));
      const BioPtr key(BIO_new_mem_buf(client_.key.data(), -1));
      const X509Ptr shown(PEM_read_bio_X509(certificate.get(), nullptr, nullptr, nullptr));
      const KeyPtr own(PEM_read_bio_PrivateKey(key.get(), nullptr, nullptr, nullptr));
      SSL_CTX_use_certificate(made.get(), shown.get());
      SSL_CTX_use_PrivateKey(made.get(), own.get());
    }
    return made;
  }

  std::filesystem::path folder_;
  test::FakeClock clock_;
  TlsOptions options_;
  test::MadeCertificate client_;
};

// Both ends of a handshake in memory.
struct Ends {
  SslPtr server, client;
  bool done = false;

  Ends(const TlsContext& context, SSL_CTX* client_context, SSL_SESSION* session = nullptr)
      : server(SSL_new(context.current().get())), client(SSL_new(client_context)) {
    BIO *a = nullptr, *b = nullptr;
    BIO_new_bio_pair(&a, 0, &b, 0);
    SSL_set_bio(server.get(), a, a);
    SSL_set_bio(client.get(), b, b);
    SSL_set_accept_state(server.get());
    SSL_set_connect_state(client.get());
    if (session != nullptr) {
      SSL_set_session(client.get(), session);
    }
    for (int turn = 0; turn < 20 && !done; ++turn) {
      const bool client_done = SSL_do_handshake(client.get()) == 1;
      done = SSL_do_handshake(server.get()) == 1 && client_done;
    }
    ERR_clear_error();
  }
  // As if both had said goodbye: a session that was cut off is not to be resumed.
  ~Ends() {
    for (SSL* end : {server.get(), client.get()}) {
      SSL_set_shutdown(end, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
    }
  }
  bool resumed() const { return SSL_session_reused(server.get()) == 1; }
};

using SessionPtr = std::unique_ptr<SSL_SESSION, OpenSslFree<SSL_SESSION_free>>;

TEST_F(TlsContextTest, a_reload_is_seen_by_new_handshakes_only) {
  const auto context = open();
  const auto before = context->current();
  put("second.example");
  EXPECT_TRUE(context->is_for("first.example"));
  ASSERT_TRUE(context->reload().ok());
  EXPECT_TRUE(context->is_for("second.example"));
  EXPECT_FALSE(context->is_for("first.example"));
  EXPECT_NE(before, context->current());
}

TEST_F(TlsContextTest, files_are_read_once_they_changed_and_stand_still) {
  const auto context = open();
  EXPECT_FALSE(*context->reload_if_changed());
  put("second.example");
  EXPECT_FALSE(*context->reload_if_changed());
  std::filesystem::last_write_time(options_.key, std::filesystem::file_time_type::clock::now() + std::chrono::hours(1));
  EXPECT_FALSE(*context->reload_if_changed());
  EXPECT_TRUE(*context->reload_if_changed());
  EXPECT_FALSE(*context->reload_if_changed());
  EXPECT_TRUE(context->is_for("second.example"));
}

TEST_F(TlsContextTest, a_pair_that_does_not_hold_together_is_told_once_and_changes_nothing) {
  const auto context = open();
  const auto before = context->current();
  std::ofstream(options_.certificate) << test::make_certificate("x", "", now() - kDay, now() + kDay).certificate;
  EXPECT_FALSE(*context->reload_if_changed());
  const auto refused = context->reload_if_changed();
  ASSERT_FALSE(refused.ok());
  EXPECT_NE(refused.status().message().find("is not the key of"), std::string_view::npos) << refused.status().message();
  EXPECT_FALSE(*context->reload_if_changed());
  EXPECT_EQ(before, context->current());
}

TEST_F(TlsContextTest, a_certificate_serves_in_its_time_only) {
  for (const auto& [begin, end, words] : {std::tuple{-2, -1, "expired on 20"}, std::tuple{1, 2, "still to come"}}) {
    test::make_certificate("x", "", now() + begin * kDay, now() + end * kDay).write(options_.certificate, options_.key);
    const auto refused = TlsContext::open(options_, clock_);
    ASSERT_FALSE(refused.ok());
    EXPECT_NE(refused.status().message().find(words), std::string_view::npos) << refused.status().message();
  }
}

TEST_F(TlsContextTest, names_and_addresses_are_matched_as_a_client_would) {
  const auto context = open();
  EXPECT_TRUE(context->is_for("127.0.0.1"));
  EXPECT_FALSE(context->is_for("127.0.0.2"));
  EXPECT_FALSE(context->is_for("sub.first.example"));
  EXPECT_EQ(context->names(), (std::vector<std::string>{"DNS:first.example", "IP:127.0.0.1"}));
  EXPECT_NEAR(static_cast<double>(context->expires_at()), static_cast<double>(now() + 90 * kDay), 5);
}

TEST_F(TlsContextTest, a_ticket_is_opened_for_two_hours_at_most_and_across_reloads) {
  const auto context = open();
  const auto peer = client();
  const Ends first(*context, peer.get());
  ASSERT_TRUE(first.done);
  const SessionPtr session(SSL_get1_session(first.client.get()));
  ASSERT_TRUE(context->reload().ok());
  EXPECT_TRUE(Ends(*context, peer.get(), session.get()).resumed());
  clock_.advance(std::chrono::minutes(61));
  EXPECT_TRUE(Ends(*context, peer.get()).done);  // a new key is made, the old one kept
  EXPECT_TRUE(Ends(*context, peer.get(), session.get()).resumed());
  clock_.advance(std::chrono::minutes(60));
  const Ends late(*context, peer.get(), session.get());
  EXPECT_TRUE(late.done);
  EXPECT_FALSE(late.resumed());
}

TEST_F(TlsContextTest, whom_a_client_certificate_names_is_told) {
  ask_clients(ClientCertificates::Required);
  const auto context = open();
  const auto peer = client();
  const Ends ends(*context, peer.get());
  ASSERT_TRUE(ends.done);
  const auto told = client_certificate_of(ends.server.get());
  ASSERT_NE(told, nullptr);
  EXPECT_EQ(told->subject, "CN=scanner-3,O=Pathology");
  EXPECT_EQ(told->names, (std::vector<std::string>{"DNS:a.example", "email:b@c.example", "URI:urn:d"}));
  EXPECT_EQ(told->fingerprint.size(), 64u);
  EXPECT_FALSE(client_certificate_expired(ends.server.get()));
  const SessionPtr session(SSL_get1_session(ends.client.get()));
  const Ends again(*context, peer.get(), session.get());
  ASSERT_TRUE(again.resumed());
  EXPECT_EQ(client_certificate_of(again.server.get())->fingerprint, told->fingerprint);
}

TEST_F(TlsContextTest, a_client_certificate_that_ends_after_its_handshake_is_found_expired) {
  ask_clients(ClientCertificates::Required);
  client_ = test::make_certificate("scanner-3", "", now() - kDay, now() + 2);
  std::ofstream(options_.client_ca) << client_.certificate;
  const auto context = open();
  const auto peer = client();
  const Ends ends(*context, peer.get());
  ASSERT_TRUE(ends.done);
  std::this_thread::sleep_for(std::chrono::seconds(4));
  EXPECT_TRUE(client_certificate_expired(ends.server.get()));
}

TEST_F(TlsContextTest, a_session_is_not_resumed_once_other_authorities_vouch) {
  ask_clients(ClientCertificates::Optional);
  const auto context = open();
  const auto peer = client();
  const Ends first(*context, peer.get());
  ASSERT_TRUE(first.done);
  const SessionPtr session(SSL_get1_session(first.client.get()));
  std::ofstream(options_.client_ca) << test::make_certificate("other", "", now() - kDay, now() + kDay).certificate;
  ASSERT_TRUE(context->reload().ok());
  const Ends second(*context, peer.get(), session.get());
  EXPECT_FALSE(second.resumed());
  EXPECT_FALSE(second.done);  // nobody vouches for it any more
}

TEST_F(TlsContextTest, a_request_says_that_it_is_secure_and_whose_it_is) {
  ask_clients(ClientCertificates::Required);
  ServerOptions options;
  options.port = 0;
  options.loops = 1;
  options.tls = open();
  Log log({.level = LogLevel::Error});
  const Dispatch tell = [](const Request& request, Responder responder) -> std::unique_ptr<BodySink> {
    Response response;
    response.body = std::string(request.secure ? "secure " : "in the clear ") +
                    (request.client_certificate != nullptr ? request.client_certificate->subject : "nobody");
    responder.send(std::move(response));
    return nullptr;
  };
  Server server(options, tell, log);
  ASSERT_TRUE(server.start().ok());
  const auto peer = client();
  std::unique_ptr<BIO, OpenSslFree<BIO_free_all>> connection(BIO_new_ssl_connect(peer.get()));
  BIO_set_conn_hostname(connection.get(), ("127.0.0.1:" + std::to_string(server.port())).c_str());
  BIO_puts(connection.get(), "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  std::string answer;
  char piece[1024];
  for (int got = 0; (got = BIO_read(connection.get(), piece, sizeof piece)) > 0;) {
    answer.append(piece, static_cast<std::size_t>(got));
  }
  EXPECT_NE(answer.find("secure CN=scanner-3,O=Pathology"), answer.npos) << answer;
  connection.reset();
  EXPECT_TRUE(server.shutdown(std::chrono::seconds(5)));
}

}  // namespace
}  // namespace tessera::net

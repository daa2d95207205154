// Connection: one client, one request at a time: head, dispatch, body, answer, and again. Private to the server; lives
// on its loop's thread, except respond(), abandon() and resume(), which others call.
//
//   Head → (dispatch) → Body → Waiting → Writing → Head …
//                 └──────────────┘  an answer may come at any time after dispatch
//   Linger: the answer is out, the rest of an unwanted body is read away so that the peer can read the answer
#pragma once

#include <cstdint>
#include <cstdlib>
#include <memory>
#include <optional>
#include <string>

#include "net/chunk_decoder.h"
#include "net/head_parser.h"
#include "net/loop.h"
#include "net/response_writer.h"
#include "net/tls_transport.h"

namespace tessera::net {

class Connection final : public std::enable_shared_from_this<Connection>, public Responder::Target, public BodyControl {
 public:
  // `seat`: none where clients are not limited.
  Connection(Loop& loop, File socket, std::string peer, std::unique_ptr<ClientSeat> seat);
  ~Connection() override;

  const File& socket() const { return socket_; }
  void start();
  void on_ready(std::uint32_t epoll_events);
  void go_on();  // after it was deferred
  void close_if_idle();
  void cut(const Status& why);  // closes now; a body being received is aborted
  void check_time();            // once a second

  void respond(Response response) override;
  void abandon() override;
  void resume() override;

 private:
  enum class State { Head, Body, Waiting, Writing, Linger, Closed };

  // connection.cc: the walk of a request
  void advance();
  void await_head();
  bool take_head();
  void dispatch_head();
  void refuse(int status, const std::string& sentence);
  void take_response(Response response);
  void finish_exchange();
  void on_head_bytes(std::size_t count);
  void close();
  void close_politely();  // where no answer is cut off
  void answer_plain_http();
  static std::int64_t steady_micros();
  void report(bool aborted);

  // connection_reading.cc (and on_ready, go_on)
  using Taker = void (Connection::*)(std::size_t count);
  void read_more(MutableBytes into, Taker then);
  void read_what_is_there();
  void receive_failed(int error);

  // connection_body.cc: receiving a body
  void begin_body();
  void start_sink();
  void allocate_body_buffer();
  void give_back_body_memory();
  void receive_body();
  void on_body_bytes(std::size_t count);
  bool deliver(ByteView bytes);
  void deliver_chunked();
  void after_chunks();
  void body_complete();
  void abort_body(const Status& why);
  void on_resume();
  void send_continue();
  void begin_linger();
  void on_linger_bytes(std::size_t count);

  // Writing
  void write_response();
  void continue_writing();

  struct Freer {
    void operator()(std::uint8_t* memory) const { std::free(memory); }
  };

  Loop& loop_;
  File socket_;
  PlainTransport plain_;
  std::unique_ptr<TlsTransport> tls_;
  Transport* transport_;           // one of both
  std::uint64_t sent_before_ = 0;  // bytes the transport had sent at the last sign of progress
  const std::string peer_;
  const std::unique_ptr<ClientSeat> seat_;
  State state_ = State::Head;

  // What the kernel said and no call has contradicted since (edges come once).
  bool readable_ = false;
  bool peer_done_ = false;    // the peer will send no more, or the socket failed: reading goes on to its end
  bool awaits_room_ = false;  // the answer waits for room in the socket
  bool write_deferred_ = false;
  bool reading_now_ = false;  // read_what_is_there() is on the stack

  std::string in_;            // received and not yet taken: heads, and the bodies that came with them
  std::size_t in_begin_ = 0;  // first byte not taken
  std::size_t in_end_ = 0;    // first byte not received
  std::size_t head_scanned_ = 0;
  MutableBytes read_into_;  // a read is wanted while this is not empty
  Taker read_then_ = nullptr;

  Head head_;
  std::string request_id_;
  std::string refusal_;
  bool advancing_ = false;
  bool resting_ = false;      // the next head is not read yet (ClientSeat::must_rest)
  bool close_after_ = false;  // the answer says Connection: close
  std::int64_t started_micros_ = 0;
  std::uint64_t bytes_in_ = 0;

  std::unique_ptr<BodySink> sink_;
  std::uint64_t body_left_ = 0;  // of a body with Content-Length
  bool body_done_ = true;
  bool continue_due_ = false;  // 100 Continue was asked for and not sent
  bool paused_ = false;        // the sink holds bytes, or does not want to start yet
  bool starting_ = false;      // it is on_start() that said Pause
  std::optional<Status> abort_due_;
  ChunkDecoder chunks_;
  ChunkDecoder::State chunk_state_ = ChunkDecoder::State::More;  // once what was decoded is delivered
  ByteView raw_chunks_;                                          // received chunked bytes not yet decoded
  std::unique_ptr<std::uint8_t, Freer> body_buffer_;
  std::size_t body_capacity_ = 0;
  std::size_t body_charged_ = 0;  // of the buffer, to the server's memory for bodies; nothing once closed
  std::size_t body_filled_ = 0;

  std::unique_ptr<ResponseWriter> writer_;
  int status_ = 0;
  std::string_view route_;
  bool answered_ = false;  // respond() was called for this request

  std::int64_t since_millis_ = 0;   // when the present wait began
  std::uint64_t window_bytes_ = 0;  // body bytes since then
  std::uint64_t linger_left_ = 0;
};

}  // namespace tessera::net

#include "sandbox/worker.h"

namespace tessera::sandbox {

namespace {

// Between the closing of its socket and the moment a dying process can be waited for.
constexpr std::chrono::milliseconds kToDie{1000};

std::string seconds_text(std::chrono::steady_clock::duration time) {
  const auto tenths = std::chrono::round<std::chrono::duration<std::int64_t, std::deci>>(time).count();
  return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10) + " s";
}

}  // namespace

Result<std::unique_ptr<Worker>> Worker::start(const WorkerKind& kind, Launcher& launcher) {
  Result<Launched> launched = launcher.launch(kind.name);
  if (!launched.ok()) {
    return launched.status().while_doing("sandbox worker '" + std::string(kind.name) + "'");
  }
  return std::unique_ptr<Worker>(new Worker(kind, std::move(*launched)));
}

Result<ByteBuffer> Worker::call(ByteView request, std::span<const int> files, Deadline until) {
  if (request.size() > kind_.limits.request_bytes || files.size() > kind_.limits.files) {
    return named(Status(Code::InvalidArgument, "a request of " + std::to_string(request.size()) + " bytes and " +
                                                   std::to_string(files.size()) + " files; at most " +
                                                   std::to_string(kind_.limits.request_bytes) + " and " +
                                                   std::to_string(kind_.limits.files) + " are sent"));
  }
  begun_ = std::chrono::steady_clock::now();
  Result<Message> reply = exchange(request, files, until);
  if (!reply.ok()) {
    return fail(reply.status());
  }
  if (reply->head.kind == MessageKind::Refusal) {
    return decode_refusal(reply->content);
  }
  return std::move(reply->content);
}

Status Worker::greet(Deadline until) {
  TRY_ASSIGN(const Message hello, channel_.receive(kMaxRefusal, 0, until));
  if (hello.head.kind == MessageKind::Refusal) {
    return Status(Code::Unavailable, std::string(decode_refusal(hello.content).message()));
  }
  if (hello.head.kind != MessageKind::Ready || hello.content.size() != 1) {
    return Status(Code::Corrupt, "it did not begin with what it has to begin with");
  }
  fences_ = decode_fences(hello.content[0]);
  greeted_ = true;
  return {};
}

Result<Message> Worker::exchange(ByteView request, std::span<const int> files, Deadline until) {
  if (!greeted_) {
    RETURN_IF_ERROR(greet(until));
  }
  if (channel_.is_disturbed()) {
    return Status(Code::Corrupt, "it spoke without being asked, or ended");
  }
  ++calls_;
  RETURN_IF_ERROR(channel_.send({.call = calls_, .kind = MessageKind::Request}, request, files, until));
  TRY_ASSIGN(Message reply, channel_.receive(std::max<std::uint32_t>(kind_.limits.reply_bytes, kMaxRefusal), 0, until));
  const bool answers = reply.head.kind == MessageKind::Reply || reply.head.kind == MessageKind::Refusal;
  if (!answers || reply.head.call != calls_) {
    return Status(Code::Corrupt, "it answered another call than the one that was made");
  }
  return reply;
}

// The process ends here, whatever it did; what it did is in the sentence.
Status Worker::fail(const Status& why) {
  broken_ = true;
  if (why.code() == Code::Cancelled && process_->ends_within(kToDie)) {
    return named(ending(process_->end(), kind_.limits));
  }
  (void)process_->end();
  switch (why.code()) {
    case Code::Busy:
      return named(Status(
          Code::TooLarge,
          "it gave no answer within " + seconds_text(std::chrono::steady_clock::now() - begun_) + " and was ended"));
    case Code::Cancelled:
    case Code::Corrupt:
      return named(Status(Code::Internal, std::string(why.message()) + "; it was ended"));
    default:
      return named(why);
  }
}

bool Worker::is_tired() const {
  return process_->cpu_time() > std::chrono::seconds(kind_.limits.cpu_seconds) / 2;
}

}  // namespace tessera::sandbox

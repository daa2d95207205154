#include "sandbox/worker_main.h"

#include <sys/prctl.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <new>
#include <string>

#include "sandbox/channel.h"
#include "sandbox/fences.h"
#include "sandbox/process.h"

namespace tessera::sandbox {

namespace {

// Libraries in C see their malloc() fail and say so; C++ would throw, and nothing of ours catches.
void out_of_memory() {
  ::_exit(kExitOutOfMemory);
}

Status answer(Channel& channel, const WorkerKind& kind, const WorkerBody& body) {
  TRY_ASSIGN(Message asked, channel.receive(kind.limits.request_bytes, kind.limits.files, {}));
  const Result<ByteBuffer> reply = body(asked.content, std::move(asked.files));
  const MessageKind sort = reply.ok() ? MessageKind::Reply : MessageKind::Refusal;
  return channel.send({.call = asked.head.call, .kind = sort}, reply.ok() ? *reply : encode_refusal(reply.status()), {},
                      {});
}

// Until the parent closes its end, or something breaks that nobody is left to hear of.
int serve(const WorkerKind& kind, pid_t parent) {
  Channel channel{File(kWorkerSocket)};
  const WorkerBody body = kind.make();
  std::set_new_handler(out_of_memory);
  const Result<Fences> fences = raise_fences(kind, parent);
  if (!fences.ok()) {
    (void)channel.send({.kind = MessageKind::Refusal}, encode_refusal(fences.status()), {}, {});
    return kExitNotFenced;
  }
  const std::uint8_t ready[] = {encode_fences(*fences)};
  Status status = channel.send({.kind = MessageKind::Ready}, ready, {}, {});
  while (status.ok()) {
    status = answer(channel, kind, body);
  }
  return status.code() == Code::Cancelled ? 0 : 1;
}

}  // namespace

std::optional<int> run_worker_if_asked(int argc, char** argv, std::span<const WorkerKind* const> kinds) {
  if (argc < 2 || std::strcmp(argv[1], kSandboxedArgument) != 0) {
    return {};
  }
  pid_t parent = 0;
  const bool numbered = argc == 4 && std::from_chars(argv[3], argv[3] + std::strlen(argv[3]), parent).ec == std::errc();
  const auto kind =
      std::find_if(kinds.begin(), kinds.end(), [&](const WorkerKind* row) { return numbered && row->name == argv[2]; });
  if (kind == kinds.end()) {
    std::fputs("tessera: 'sandboxed' is how the program starts its own workers; there is none of that name\n", stderr);
    return 2;
  }
  ::prctl(PR_SET_NAME, std::string((*kind)->name).c_str());
  ::_exit(serve(**kind, parent));  // no destructor, no exit handler: they may ask for calls that are gone
}

}  // namespace tessera::sandbox

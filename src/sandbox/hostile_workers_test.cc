#include "support/hostile_workers.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <new>

#include "sandbox/channel.h"
#include "sandbox/process.h"
#include "sandbox/worker_main.h"
#include "support/hold_worker.h"

namespace tessera::test_support {

namespace {

using sandbox::Channel;
using sandbox::kWorkerSocket;
using sandbox::MessageKind;
using sandbox::WorkerBody;
using sandbox::WorkerKind;
using Files = const std::vector<File>&;

// Something the compiler may neither leave out nor know the end of.
volatile std::uint64_t g_sink = 0;

ByteBuffer bytes_of(std::string_view text) {
  return {text.begin(), text.end()};
}

// What a call gave that should never have returned.
Result<ByteBuffer> survived(long result) {
  return bytes_of("survived: " + std::to_string(result));
}

void write_raw(ByteView bytes) {
  (void)!::write(kWorkerSocket, bytes.data(), bytes.size());
}

Result<ByteBuffer> echo(ByteView request, Files files) {
  ByteBuffer reply(request.begin(), request.end());
  for (const File& file : files) {
    std::array<std::uint8_t, 4> head{};
    RETURN_IF_ERROR(file.read_at(0, head));
    reply.insert(reply.end(), head.begin(), head.end());
  }
  return reply;
}
Result<ByteBuffer> refuse(ByteView, Files) {
  return Status(Code::Corrupt, "a.svs:\nrow 7 is cut");
}
Result<ByteBuffer> fill_memfd(ByteView, Files files) {
  void* const memory = ::mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, files[0].descriptor(), 0);
  if (memory == MAP_FAILED) {
    return Status(Code::IoError, "mmap");
  }
  std::fill_n(static_cast<char*>(memory), 4096, 'x');
  ::munmap(memory, 4096);
  return ByteBuffer();
}

Result<ByteBuffer> open_file(ByteView, Files) {
  return survived(::open("/etc/passwd", O_RDONLY | O_CLOEXEC));
}
Result<ByteBuffer> read_parents_memory(ByteView, Files) {
  return survived(::open(("/proc/" + std::to_string(::getppid()) + "/mem").c_str(), O_RDONLY | O_CLOEXEC));
}
Result<ByteBuffer> connect_out(ByteView, Files) {
  return survived(::socket(AF_INET, SOCK_STREAM, 0));
}
Result<ByteBuffer> make_process(ByteView, Files) {
  return survived(::fork());
}
Result<ByteBuffer> run_program(ByteView, Files) {
  char program[] = "/bin/true";
  char* const arguments[] = {program, nullptr};
  return survived(::execv(program, arguments));
}
Result<ByteBuffer> kill_parent(ByteView request, Files) {
  int parent = 0;
  std::copy_n(request.data(), sizeof parent, reinterpret_cast<std::uint8_t*>(&parent));
  return survived(::kill(parent, SIGKILL));
}
Result<ByteBuffer> trace_parent(ByteView request, Files) {
  int parent = 0;
  std::copy_n(request.data(), sizeof parent, reinterpret_cast<std::uint8_t*>(&parent));
  return survived(::ptrace(PTRACE_ATTACH, parent, nullptr, nullptr));
}
Result<ByteBuffer> signal_other_process(ByteView, Files) {
  return survived(::syscall(SYS_tgkill, 1, 1, SIGKILL));
}
Result<ByteBuffer> write_memory_of_another(ByteView, Files) {
  iovec piece{nullptr, 0};
  return survived(::process_vm_writev(1, &piece, 1, &piece, 1, 0));
}
Result<ByteBuffer> run_memory(ByteView, Files) {
  return survived(::mmap(nullptr, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) !=
                  MAP_FAILED);
}
Result<ByteBuffer> make_memory_runnable(ByteView, Files) {
  void* const memory = ::mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  return survived(::mprotect(memory, 4096, PROT_READ | PROT_EXEC));
}
Result<ByteBuffer> raise_limits(ByteView, Files) {
  return survived(::syscall(SYS_prlimit64, 0, 7, nullptr, nullptr));
}
Result<ByteBuffer> write_to_file(ByteView, Files files) {
  return survived(::write(files[0].descriptor(), "x", 1));
}
Result<ByteBuffer> take_100_gb_at_once(ByteView, Files) {
  auto* const memory = static_cast<char*>(::operator new (std::size_t{100} << 30));
  g_sink = static_cast<std::uint64_t>(memory[0]);
  return survived(0);
}
Result<ByteBuffer> map_100_gb(ByteView, Files) {
  const bool mapped = ::mmap(nullptr, std::size_t{100} << 30, PROT_READ | PROT_WRITE,
                             MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0) != MAP_FAILED;
  return mapped ? survived(1) : Result<ByteBuffer>(Status(Code::TooLarge, "mmap was refused"));
}
Result<ByteBuffer> take_memory_for_ever(ByteView, Files) {
  for (;;) {
    auto* const memory = static_cast<char*>(::operator new(1 << 20));
    std::fill_n(memory, 1 << 20, 'x');
    g_sink = g_sink + static_cast<std::uint64_t>(memory[4096]);
  }
}
Result<ByteBuffer> loop_for_ever(ByteView, Files) {
  for (;;) {
    g_sink = g_sink + 1;
  }
}
Result<ByteBuffer> wait_for_ever(ByteView, Files) {
  std::uint8_t byte = 0;
  (void)!::read(kWorkerSocket, &byte, 1);
  return survived(0);
}
Result<ByteBuffer> write_for_ever(ByteView, Files) {
  for (;;) {
    write_raw(ByteBuffer(1 << 16, 3));
  }
}
Result<ByteBuffer> answer_too_much(ByteView, Files) {
  return ByteBuffer(70'000, 1);
}
Result<ByteBuffer> lie_about_length(ByteView, Files) {
  write_raw(sandbox::encode_head({.length = 0xFFFFFFFF, .call = 1, .kind = MessageKind::Reply}));
  return wait_for_ever({}, {});
}
Result<ByteBuffer> send_half(ByteView, Files) {
  write_raw(sandbox::encode_head({.length = 1000, .call = 1, .kind = MessageKind::Reply}));
  write_raw(ByteBuffer(10, 1));
  ::_exit(0);
}
Result<ByteBuffer> answer_another_call(ByteView, Files) {
  write_raw(sandbox::encode_head({.length = 0, .call = 7, .kind = MessageKind::Reply}));
  return wait_for_ever({}, {});
}
Result<ByteBuffer> answer_twice(ByteView, Files) {
  write_raw(sandbox::encode_head({.length = 0, .call = 1, .kind = MessageKind::Reply}));
  return ByteBuffer();
}
Result<ByteBuffer> close_socket(ByteView, Files) {
  ::close(kWorkerSocket);
  return loop_for_ever({}, {});
}
Result<ByteBuffer> crash(ByteView, Files) {
  ::raise(SIGSEGV);
  return survived(0);
}
Result<ByteBuffer> give_up(ByteView, Files) {
  std::abort();
}
Result<ByteBuffer> leave(ByteView, Files) {
  ::_exit(7);
}
Result<ByteBuffer> send_descriptors(ByteView, Files) {
  Channel channel{File(kWorkerSocket)};
  const int own[] = {0, 1};
  (void)channel.send({.call = 1, .kind = MessageKind::Reply}, {}, own, {});
  return wait_for_ever({}, {});
}

// Small limits, so that reaching them takes no time.
constexpr sandbox::Limits kSmall{
    .memory = 64 << 20, .cpu_seconds = 600, .request_bytes = 1000, .reply_bytes = 65'536, .files = 2};
constexpr sandbox::Limits kBrief{
    .memory = 64 << 20, .cpu_seconds = 1, .request_bytes = 1000, .reply_bytes = 65'536, .files = 2};

WorkerBody deaf_to_sigterm() {
  ::signal(SIGTERM, SIG_IGN);
  return loop_for_ever;
}
WorkerBody dead_at_birth() {
  ::_exit(9);
}
WorkerBody chatty_at_birth() {
  write_raw(ByteBuffer(12, 0xFF));
  return echo;
}

#define HOSTILE(function)                                  \
  {                                                        \
#function, kSmall, [] { return WorkerBody(function); } \
  }
constexpr WorkerKind kKinds[] = {HOSTILE(echo),
                                 HOSTILE(refuse),
                                 HOSTILE(fill_memfd),
                                 HOSTILE(open_file),
                                 HOSTILE(read_parents_memory),
                                 HOSTILE(connect_out),
                                 HOSTILE(make_process),
                                 HOSTILE(run_program),
                                 HOSTILE(kill_parent),
                                 HOSTILE(trace_parent),
                                 HOSTILE(signal_other_process),
                                 HOSTILE(write_memory_of_another),
                                 HOSTILE(run_memory),
                                 HOSTILE(make_memory_runnable),
                                 HOSTILE(raise_limits),
                                 HOSTILE(write_to_file),
                                 HOSTILE(take_100_gb_at_once),
                                 HOSTILE(map_100_gb),
                                 HOSTILE(take_memory_for_ever),
                                 HOSTILE(loop_for_ever),
                                 HOSTILE(wait_for_ever),
                                 HOSTILE(write_for_ever),
                                 HOSTILE(answer_too_much),
                                 HOSTILE(lie_about_length),
                                 HOSTILE(send_half),
                                 HOSTILE(answer_another_call),
                                 HOSTILE(answer_twice),
                                 HOSTILE(close_socket),
                                 HOSTILE(crash),
                                 HOSTILE(give_up),
                                 HOSTILE(leave),
                                 HOSTILE(send_descriptors),
                                 {"deaf_to_sigterm", kSmall, deaf_to_sigterm},
                                 {"dead_at_birth", kSmall, dead_at_birth},
                                 {"chatty_at_birth", kSmall, chatty_at_birth},
                                 {"one_second", kBrief, [] { return WorkerBody(loop_for_ever); }}};
#undef HOSTILE

}  // namespace

const WorkerKind& hostile_worker(std::string_view name) {
  const auto* const found =
      std::find_if(std::begin(kKinds), std::end(kKinds), [name](const WorkerKind& kind) { return kind.name == name; });
  return found != std::end(kKinds) ? *found : (std::abort(), kKinds[0]);
}

}  // namespace tessera::test_support

int main(int argc, char** argv) {
  using namespace tessera;
  std::vector<const sandbox::WorkerKind*> kinds;
  for (const sandbox::WorkerKind& kind : test_support::kKinds) {
    kinds.push_back(&kind);
  }
  if (const auto ended = sandbox::run_worker_if_asked(argc, argv, kinds)) {
    return *ended;
  }
  if (argc == 3 && std::string_view(argv[1]) == test_support::kHoldWorker) {
    return test_support::hold_worker(argv[2]);
  }
  ::testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}

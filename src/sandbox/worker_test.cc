#include "sandbox/worker.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <seccomp.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <fstream>

#include "sandbox/sanitizers.h"
#include "support/hold_worker.h"
#include "support/hostile_workers.h"

namespace tessera::sandbox {
namespace {

using std::chrono::milliseconds;
using test_support::hostile_worker;

Deadline in(milliseconds time) {
  return std::chrono::steady_clock::now() + time;
}

class WorkerTest : public ::testing::Test {
 protected:
  std::unique_ptr<Worker> start(std::string_view name) {
    auto worker = Worker::start(hostile_worker(name), launcher_);
    EXPECT_TRUE(worker.ok()) << worker.status().message();
    return worker.ok() ? std::move(*worker) : nullptr;
  }
  // The sentence of a first call, and that the process is gone after it.
  Status fails(std::string_view name, milliseconds time = milliseconds(20'000)) {
    const auto worker = start(name);
    const int parent = ::getpid();
    std::array<std::uint8_t, sizeof parent> request{};
    store_le(request.data(), parent);
    const auto reply = worker->call(request, {}, in(time));
    EXPECT_FALSE(reply.ok()) << as_text(*reply);
    EXPECT_TRUE(worker->is_broken());
    EXPECT_EQ(::kill(worker->pid(), 0), -1) << "process " << worker->pid() << " is still there";
    return reply.status();
  }

  Launcher launcher_;
};

std::string said(std::string_view name, std::string_view what) {
  return "sandbox worker '" + std::string(name) + "': " + std::string(what);
}

TEST_F(WorkerTest, a_good_worker_answers_call_after_call) {
  const auto worker = start("echo");
  for (const std::string_view word : {"one", "two", ""}) {
    const auto reply = worker->call(as_bytes(word), {}, in(milliseconds(20'000)));
    ASSERT_TRUE(reply.ok()) << reply.status().message();
    EXPECT_EQ(as_text(*reply), word);
  }
  EXPECT_EQ(worker->calls(), 3u);
  EXPECT_TRUE(worker->is_idle());
}

TEST_F(WorkerTest, a_worker_stands_behind_a_memory_limit_and_says_which_other_fences_the_kernel_gave) {
  const auto worker = start("echo");
  ASSERT_TRUE(worker->call({}, {}, in(milliseconds(20'000))).ok());
  EXPECT_EQ(worker->fences().memory, !kSanitized);
  std::printf("namespaces: %s, Landlock: %s\n", worker->fences().namespaces ? "yes" : "no: the kernel refuses them",
              worker->fences().landlock ? "yes" : "no: the kernel refuses it");
  std::ifstream file("/proc/" + std::to_string(worker->pid()) + "/status");
  const std::string status{std::istreambuf_iterator<char>(file), {}};
  EXPECT_NE(status.find("NoNewPrivs:\t1"), std::string::npos) << status;
  EXPECT_NE(status.find("Seccomp:\t2"), std::string::npos) << status;
  EXPECT_EQ(status.find("Uid:\t0"), std::string::npos) << status;
}

TEST_F(WorkerTest, a_worker_holds_no_descriptor_environment_or_session_of_its_parent) {
  const int leaky = ::open("/dev/null", O_RDONLY);  // NOLINT: without close-on-exec, on purpose
  const auto worker = start("echo");
  ASSERT_TRUE(worker->call({}, {}, in(milliseconds(20'000))).ok());
  ::close(leaky);
  const std::string process = "/proc/" + std::to_string(worker->pid());
  EXPECT_EQ(::getsid(worker->pid()), worker->pid());
  if (::geteuid() != 0) {
    std::printf("skipped: descriptors and environment, because only root may look at a worker\n");
    return;
  }
  std::size_t descriptors = 0;
  for (const auto& entry : std::filesystem::directory_iterator(process + "/fd")) {
    (void)entry;
    ++descriptors;
  }
  EXPECT_EQ(descriptors, 4u);
  std::ifstream environment(process + "/environ");
  EXPECT_EQ(environment.get(), std::ifstream::traits_type::eof());
}

TEST_F(WorkerTest, descriptors_that_the_parent_opened_can_be_read) {
  const File program(::open("/proc/self/exe", O_RDONLY | O_CLOEXEC));
  const int files[] = {program.descriptor(), program.descriptor()};
  const auto reply = start("echo")->call(as_bytes("two: "), files, in(milliseconds(20'000)));
  ASSERT_TRUE(reply.ok()) << reply.status().message();
  EXPECT_EQ(as_text(*reply), "two: \177ELF\177ELF");
}

TEST_F(WorkerTest, a_large_result_comes_in_sealed_memory_of_the_parent) {
  const File memory(::memfd_create("result", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  ASSERT_EQ(::ftruncate(memory.descriptor(), 4096), 0);
  ASSERT_EQ(::fcntl(memory.descriptor(), F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL), 0);
  const int files[] = {memory.descriptor()};
  const auto reply = start("fill_memfd")->call({}, files, in(milliseconds(20'000)));
  ASSERT_TRUE(reply.ok()) << reply.status().message();
  std::array<std::uint8_t, 4096> bytes{};
  ASSERT_TRUE(memory.read_at(0, bytes).ok());
  EXPECT_EQ(bytes[0], 'x');
  EXPECT_EQ(bytes[4095], 'x');
}

TEST_F(WorkerTest, a_refusal_of_the_input_is_told_on_one_line_and_the_worker_stays) {
  const auto worker = start("refuse");
  for (int i = 0; i < 2; ++i) {
    const auto reply = worker->call({}, {}, in(milliseconds(20'000)));
    EXPECT_EQ(reply.status().code(), Code::Corrupt);
    EXPECT_EQ(reply.status().message(), "a.svs:?row 7 is cut");
  }
  EXPECT_FALSE(worker->is_broken());
}

TEST_F(WorkerTest, a_request_above_the_limits_is_not_sent) {
  const auto worker = start("echo");
  EXPECT_EQ(worker->call(ByteBuffer(1001), {}, in(milliseconds(20'000))).status().message(),
            said("echo", "a request of 1001 bytes and 0 files; at most 1000 and 2 are sent"));
  EXPECT_FALSE(worker->is_broken());
}

TEST_F(WorkerTest, any_call_that_reaches_out_ends_the_worker) {
  for (const char* name :
       {"open_file", "read_parents_memory", "connect_out", "make_process", "run_program", "kill_parent", "trace_parent",
        "signal_other_process", "write_memory_of_another", "run_memory", "make_memory_runnable", "raise_limits"}) {
    const Status status = fails(name);
    EXPECT_EQ(status.code(), Code::Internal);
    EXPECT_EQ(status.message(), said(name, "it made a system call that is forbidden (SIGSYS)"));
  }
}

TEST_F(WorkerTest, a_file_handed_over_for_writing_cannot_be_written_either) {
  if (kSanitized) {
    GTEST_SKIP() << "a sanitizer writes its reports: its builds may write to what they hold";
  }
  const File file(::open(::testing::TempDir().c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
  ASSERT_TRUE(file.is_open());
  const int files[] = {file.descriptor()};
  EXPECT_EQ(start("write_to_file")->call({}, files, in(milliseconds(20'000))).status().message(),
            said("write_to_file", "it wrote to a file (SIGXFSZ)"));
}

TEST_F(WorkerTest, memory_is_limited_however_it_is_asked_for) {
  if (kSanitized) {
    GTEST_SKIP() << "a sanitizer maps terabytes: its builds have no memory limit";
  }
  for (const char* name : {"take_100_gb_at_once", "take_memory_for_ever"}) {
    const Status status = fails(name);
    EXPECT_EQ(status.code(), Code::TooLarge);
    EXPECT_EQ(status.message(), said(name, "it needed more than its 64 MiB of memory"));
  }
  EXPECT_EQ(start("map_100_gb")->call({}, {}, in(milliseconds(20'000))).status().message(), "mmap was refused");
}

TEST_F(WorkerTest, time_is_limited_by_the_clock_and_by_the_processor) {
  for (const char* name : {"loop_for_ever", "wait_for_ever", "deaf_to_sigterm"}) {
    const auto before = std::chrono::steady_clock::now();
    const Status status = fails(name, milliseconds(400));
    EXPECT_LT(std::chrono::steady_clock::now() - before, milliseconds(5000));
    EXPECT_EQ(status.code(), Code::TooLarge);
    EXPECT_TRUE(status.message().starts_with(said(name, "it gave no answer within 0."))) << status.message();
    EXPECT_TRUE(status.message().ends_with(" s and was ended")) << status.message();
  }
  const Status status = fails("one_second");
  EXPECT_EQ(status.code(), Code::TooLarge);
  EXPECT_EQ(status.message(), said("one_second", "it needed more than its 1 s of processor time"));
}

TEST_F(WorkerTest, nothing_but_a_sound_answer_is_taken) {
  const std::pair<const char*, const char*> wrong[] = {
      {"write_for_ever", "it sent what is no message (kind 3); it was ended"},
      {"answer_too_much", "it announced a message of 70000 bytes; at most 65536 are taken; it was ended"},
      {"lie_about_length", "it announced a message of 4294967295 bytes; at most 65536 are taken; it was ended"},
      {"answer_another_call", "it answered another call than the one that was made; it was ended"},
      {"close_socket", "it closed its end of the socket; it was ended"},
      {"send_half", "it ended by itself, with exit code 0"},
      {"leave", "it ended by itself, with exit code 7"},
      {"crash", "it crashed (SIGSEGV)"},
      {"give_up", "it gave itself up (SIGABRT)"},
      {"send_descriptors", "it sent descriptors that nobody asked for; it was ended"},
      {"dead_at_birth", "it ended by itself, with exit code 9"},
      {"chatty_at_birth", "it sent what is no message (kind 255); it was ended"},
  };
  for (const auto& [name, what] : wrong) {
    if (kSanitized && std::string_view(name) == "crash") {
      continue;  // the sanitizer's own handler ends it, with an exit code
    }
    const Status status = fails(name);
    EXPECT_EQ(status.code(), Code::Internal) << name;
    EXPECT_EQ(status.message(), said(name, what));
  }
}

TEST_F(WorkerTest, a_second_answer_to_one_call_is_no_answer_to_the_next) {
  const auto worker = start("answer_twice");
  ASSERT_TRUE(worker->call({}, {}, in(milliseconds(20'000))).ok());
  ::usleep(100'000);  // so that the second one is there
  EXPECT_EQ(worker->call({}, {}, in(milliseconds(20'000))).status().message(),
            said("answer_twice", "it spoke without being asked, or ended; it was ended"));
}

TEST_F(WorkerTest, a_killed_parent_takes_its_worker_along) {
  char self[4096] = {};
  ASSERT_GT(::readlink("/proc/self/exe", self, sizeof self - 1), 0);
  int output[2];
  ASSERT_EQ(::pipe2(output, O_CLOEXEC), 0);
  const pid_t holder = ::fork();
  if (holder == 0) {
    ::dup2(output[1], STDOUT_FILENO);
    ::execl(self, self, test_support::kHoldWorker, "loop_for_ever", nullptr);
    ::_exit(1);
  }
  ::close(output[1]);
  FILE* const reader = ::fdopen(output[0], "r");
  int worker = 0;
  ASSERT_EQ(std::fscanf(reader, "%d", &worker), 1);
  ::usleep(300'000);  // it is looping by now
  EXPECT_EQ(::kill(worker, 0), 0);
  ::kill(holder, SIGKILL);
  ::waitpid(holder, nullptr, 0);
  bool gone = false;
  for (int i = 0; i < 100 && !gone; ++i) {
    std::ifstream file("/proc/" + std::to_string(worker) + "/stat");
    const std::string stat{std::istreambuf_iterator<char>(file), {}};
    gone = stat.empty() || stat.find(") Z ") != std::string::npos;  // nobody may reap orphans in a container
    ::usleep(20'000);
  }
  EXPECT_TRUE(gone);
  std::fclose(reader);
}

// In a process of its own: what it takes from itself does not come back.
void start_where_the_kernel_has_no_seccomp() {
  void* const filter = seccomp_init(SCMP_ACT_ALLOW);
  seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(seccomp), 0);
  seccomp_rule_add(filter, SCMP_ACT_ERRNO(EINVAL), SCMP_SYS(prctl), 1, SCMP_A0(SCMP_CMP_EQ, PR_SET_SECCOMP));
  seccomp_load(filter);
  Launcher launcher;
  const auto worker = Worker::start(hostile_worker("echo"), launcher);
  const auto reply = (*worker)->call({}, {}, in(milliseconds(20'000)));
  std::fprintf(stderr, "%s", std::string(reply.status().message()).c_str());
  std::fflush(stderr);
  ::_exit(reply.status().code() == Code::Unavailable ? 0 : 1);
}

TEST(WorkerDeathTest, without_seccomp_no_worker_works) {
  ::testing::GTEST_FLAG(death_test_style) = "threadsafe";
  EXPECT_EXIT(start_where_the_kernel_has_no_seccomp(), ::testing::ExitedWithCode(0),
              "sandbox worker 'echo': the kernel does not let it limit its own system calls \\(seccomp\\)");
}

}  // namespace
}  // namespace tessera::sandbox

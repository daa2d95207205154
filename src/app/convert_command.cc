#include <cstdio>

#include "app/commands.h"
#include "app/stop_signal.h"
#include "convert/folder_sink.h"
#include "sandbox/worker_pool.h"
#include "slide/fingerprint.h"
#include "slide/sandboxed_pixels.h"

namespace tessera::app {

namespace {

// Ends the conversion between two pieces once it is to stop; FolderSink then leaves nothing of it.
class StoppableSink final : public convert::InstanceSink {
 public:
  StoppableSink(convert::InstanceSink& sink, const StopSignal& stop) : sink_(sink), stop_(stop) {}

  Result<bool> begin(const convert::Planned& instance) override {
    RETURN_IF_ERROR(go_on());
    return sink_.begin(instance);
  }
  Status write(ByteView bytes) override {
    RETURN_IF_ERROR(go_on());
    return sink_.write(bytes);
  }
  Status end() override { return sink_.end(); }
  Status finish() override {
    RETURN_IF_ERROR(go_on());
    return sink_.finish();
  }

 private:
  Status go_on() const { return stop_.stopped() ? Status(Code::Cancelled, "stopped; no file was left") : Status(); }

  convert::InstanceSink& sink_;
  const StopSignal& stop_;
};

Result<convert::Summary> convert_to_folder(const ConvertArguments& arguments, const StopSignal& stop) {
  const auto decoders = std::make_shared<sandbox::WorkerPool>(slide::kTiffPixelsWorker);
  TRY_ASSIGN(const auto source, slide::open_slide(arguments.slide, decoders));
  TRY_ASSIGN(const std::string fingerprint, slide::fingerprint(arguments.slide));
  convert::FolderSink folder(arguments.output);
  StoppableSink sink(folder, stop);
  return convert::convert_slide(*source, fingerprint, arguments.convert, sink);
}

}  // namespace

int run_convert(const ConvertArguments& arguments) {
  const StopSignal stop;
  const Result<convert::Summary> summary = convert_to_folder(arguments, stop);
  if (!summary.ok()) {
    std::fprintf(stderr, "tessera: %s\n", std::string(summary.status().message()).c_str());
    return summary.status().code() == Code::Cancelled ? StopSignal::kExitCode : 1;
  }
  std::printf("%s: %u instances written (%.1f MB), %u there already: %s\n", arguments.slide.c_str(), summary->written,
              static_cast<double>(summary->bytes) / 1e6, summary->declined, summary->contents().c_str());
  return 0;
}

}  // namespace tessera::app

#include "slide/sandboxed_pixels.h"

#include <algorithm>
#include <atomic>
#include <string>
#include <utility>
#include <vector>

#include "sandbox/worker_pool.h"

namespace tessera::slide {

namespace {

constexpr std::size_t kFixedBytes = 48;
constexpr std::size_t kMaxPlace = 4096;
constexpr std::uint32_t kMaxRead = 1 << 20;
// The largest image takes a few seconds on a slow machine.
constexpr std::chrono::seconds kPatience{60};

struct Request {
  std::uint64_t image = 0;
  std::uint64_t file_size = 0;
  PixelsWanted wanted;
  std::uint64_t offset = 0;
  std::uint32_t length = 0;
};

ByteBuffer encode(const Request& request) {
  ByteBuffer bytes;
  append_le(bytes, request.image);
  append_le(bytes, request.file_size);
  append_le(bytes, request.wanted.directory);
  append_le(bytes, request.wanted.width);
  append_le(bytes, request.wanted.height);
  append_le(bytes, request.wanted.samples);
  append_le(bytes, request.wanted.photometric);
  append_le(bytes, request.offset);
  append_le(bytes, request.length);
  const std::string_view place = std::string_view(request.wanted.place).substr(0, kMaxPlace);
  bytes.insert(bytes.end(), place.begin(), place.end());
  return bytes;
}

Result<Request> decode(ByteView bytes) {
  if (bytes.size() < kFixedBytes) {
    return Status(Code::InvalidArgument, "a request for pixels has at least " + std::to_string(kFixedBytes) + " bytes");
  }
  const std::uint8_t* at = bytes.data();
  Request request;
  request.image = load_le64(at);
  request.file_size = load_le64(at + 8);
  request.wanted = {load_le64(at + 16), load_le32(at + 24), load_le32(at + 28),
                    load_le16(at + 32), load_le16(at + 34), std::string(as_text(bytes.subspan(kFixedBytes)))};
  request.offset = load_le64(at + 36);
  request.length = load_le32(at + 44);
  if (request.length > kMaxRead) {
    return Status(Code::InvalidArgument, "a read of pixels has at most " + std::to_string(kMaxRead) + " bytes");
  }
  return request;
}

// In the worker: the image decoded last, and the answer to one request.
class Keeper {
 public:
  Result<ByteBuffer> answer(ByteView bytes, std::vector<File> files) {
    TRY_ASSIGN(const Request request, decode(bytes));
    if (!pixels_ || image_ != request.image) {
      pixels_.reset();
      if (files.size() != 1) {
        return Status(Code::InvalidArgument, "a request for pixels comes with one file");
      }
      const std::string name = request.wanted.place.substr(0, request.wanted.place.find(','));
      TRY_ASSIGN(pixels_,
                 TiffPixels::open(FileSource::of(std::move(files[0]), request.file_size, name), request.wanted));
      image_ = request.image;
    }
    if (request.length == 0) {
      RETURN_IF_ERROR(pixels_->verify());
    }
    ByteBuffer pixels(request.length);
    RETURN_IF_ERROR(pixels_->read_now(request.offset, pixels));
    return pixels;
  }

 private:
  std::shared_ptr<TiffPixels> pixels_;
  std::uint64_t image_ = 0;
};

sandbox::WorkerBody make_body() {
  return [keeper = std::make_shared<Keeper>()](ByteView request, std::vector<File> files) {
    return keeper->answer(request, std::move(files));
  };
}

// A number for each image of this process, so that a worker knows whether it has it.
std::uint64_t next_image() {
  static std::atomic<std::uint64_t> last{0};
  return ++last;
}

// In the parent: the same bytes, asked for.
class SandboxedPixels final : public RangeSource {
 public:
  SandboxedPixels(const TiffFile& file, const PixelsWanted& wanted)
      : decoders_(file.decoders()), file_(file.source()), request_{next_image(), file_->size(), wanted} {}

  std::uint64_t size() const override { return request_.wanted.bytes(); }

  void read(std::uint64_t offset, MutableBytes into, ReadDone done) override {
    const Status status = read_now(offset, into);
    done(status.ok() ? Result<std::size_t>(into.size()) : Result<std::size_t>(status));
  }

  Status verify() const { return ask(0, {}); }

 private:
  Status read_now(std::uint64_t offset, MutableBytes into) const {
    if (offset > size() || into.size() > size() - offset) {
      return Status(Code::Internal, request_.wanted.place + ": read beyond the last row");
    }
    while (!into.empty()) {
      const MutableBytes part = into.first(std::min<std::size_t>(into.size(), kMaxRead));
      RETURN_IF_ERROR(ask(offset, part));
      into = into.subspan(part.size());
      offset += part.size();
    }
    return {};
  }

  Status ask(std::uint64_t offset, MutableBytes into) const {
    Request request = request_;
    request.offset = offset;
    request.length = static_cast<std::uint32_t>(into.size());
    const int files[] = {file_->plain_descriptor()};
    const Result<ByteBuffer> pixels = decoders_->call(encode(request), files, kPatience);
    if (!pixels.ok()) {
      return told(pixels.status());
    }
    if (pixels->size() != into.size()) {
      return Status(Code::Internal, request_.wanted.place + ": the sandbox worker gave " +
                                        std::to_string(pixels->size()) + " bytes where " + std::to_string(into.size()) +
                                        " were asked for");
    }
    std::copy(pixels->begin(), pixels->end(), into.begin());
    return {};
  }

  // What TiffPixels says names the place; what befell its process does not.
  Status told(const Status& why) const {
    const bool named = why.message().starts_with(request_.wanted.place);
    return named ? why : why.while_doing(request_.wanted.place);
  }

  const Decoders decoders_;
  const std::shared_ptr<FileSource> file_;
  const Request request_;
};

}  // namespace

// Memory: a compressed strip, a row of tiles and a tile, of 64 MiB each, and what the codecs take. Files: the image's
// that is kept, and the next one's.
const sandbox::WorkerKind kTiffPixelsWorker{"tiff-pixels",
                                            {.memory = std::uint64_t{512} << 20,
                                             .cpu_seconds = 120,
                                             .request_bytes = 8192,
                                             .reply_bytes = kMaxRead,
                                             .files = 2},
                                            make_body};

Result<std::shared_ptr<RangeSource>> open_pixels(const TiffFile& file, const PixelsWanted& wanted) {
  if (file.decoders()) {
    const auto pixels = std::make_shared<SandboxedPixels>(file, wanted);
    RETURN_IF_ERROR(pixels->verify());
    return std::shared_ptr<RangeSource>(pixels);
  }
  TRY_ASSIGN(const auto pixels, TiffPixels::open(file.source(), wanted));
  RETURN_IF_ERROR(pixels->verify());
  return std::shared_ptr<RangeSource>(pixels);
}

}  // namespace tessera::slide

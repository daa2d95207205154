#include "base/zstd.h"

#include <zstd.h>

#include <array>

namespace tessera {

namespace {

constexpr int kLevel = 3;       // zstd's own choice
constexpr int kWindowLog = 19;  // 512 KiB: JSON repeats itself near by, and a browser takes up to 8 MiB

}  // namespace

struct ZstdPacker::State {
  ZSTD_CCtx* context = ZSTD_createCCtx();
  ~State() { ZSTD_freeCCtx(context); }
};

ZstdPacker::ZstdPacker() : state_(std::make_unique<State>()) {
  if (state_->context != nullptr) {
    ZSTD_CCtx_setParameter(state_->context, ZSTD_c_compressionLevel, kLevel);
    ZSTD_CCtx_setParameter(state_->context, ZSTD_c_windowLog, kWindowLog);
  }
}
ZstdPacker::~ZstdPacker() = default;

Status ZstdPacker::pack(std::string_view text, bool last, std::string& out) {
  if (state_->context == nullptr) {
    return Status(Code::Internal, "pack as zstd: out of memory");
  }
  std::array<char, 32 * 1024> buffer;
  ZSTD_inBuffer in{text.data(), text.size(), 0};
  while (true) {
    ZSTD_outBuffer piece{buffer.data(), buffer.size(), 0};
    const std::size_t left = ZSTD_compressStream2(state_->context, &piece, &in, last ? ZSTD_e_end : ZSTD_e_continue);
    if (ZSTD_isError(left) != 0) {
      return Status(Code::Internal, std::string("pack as zstd: ") + ZSTD_getErrorName(left));
    }
    out.append(buffer.data(), piece.pos);
    if (last ? left == 0 : in.pos == in.size) {
      return {};
    }
  }
}

}  // namespace tessera

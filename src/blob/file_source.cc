#include "blob/file_source.h"

namespace tessera::blob {

void FileSource::read(std::uint64_t offset, MutableBytes into, ReadDone done) {
  if (offset > size_ || into.size() > size_ - offset) {
    done(Status(Code::Internal, "read a blob beyond its end, at byte " + std::to_string(offset)));
    return;
  }
  const Status status = file_.read_at(offset, into);
  if (!status.ok()) {
    done(status);
    return;
  }
  done(into.size());
}

}  // namespace tessera::blob

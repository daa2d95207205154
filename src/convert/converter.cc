#include "convert/converter.h"

#include "convert/iod.h"
#include "convert/tile_copier.h"

namespace tessera::convert {

namespace {

// One level, ready to be written.
struct Job {
  Planned planned;
  Layout layout;
};

Result<Spacing> base_spacing(const slide::SlideFacts& facts, const Options& options) {
  if (options.mm_per_pixel > 0) {
    return Spacing{options.mm_per_pixel, options.mm_per_pixel};
  }
  if (facts.mm_per_pixel_x && facts.mm_per_pixel_y) {
    return Spacing{*facts.mm_per_pixel_x, *facts.mm_per_pixel_y};
  }
  std::string claim;
  for (const auto& [key, value] : facts.properties) {
    claim += key == "spacing not believed" ? " (what it claims, " + value + ")" : "";
  }
  return Status(Code::InvalidArgument,
                facts.file_name + ": states no pixel spacing" + claim + "; give it with --mpp (micrometres per pixel)");
}

class Conversion {
 public:
  Conversion(const slide::SlideSource& source, std::string_view source_hash, const Options& options, Spacing spacing)
      : source_(source),
        options_(options),
        identity_(identify(source.facts(), source_hash, options)),
        spacing_(spacing) {}

  Result<Job> plan(std::size_t level) const {
    Job job;
    TRY_ASSIGN(job.layout, lay_out(source_, level));
    Planned& planned = job.planned;
    planned.study = identity_.study;
    planned.series = identity_.series;
    planned.sop = identity_.instance(level);
    planned.sop_class = kSlideImageSopClass;
    planned.transfer_syntax = source_.levels()[level].coding.transfer_syntax;
    planned.level = level;
    planned.frames = job.layout.frames;
    planned.bytes = header(job).size() + job.layout.after_header();
    return job;
  }

  Status write(const Job& job, const Emit& emit) const {
    PieceWriter out(emit);
    RETURN_IF_ERROR(out.put(header(job)));
    RETURN_IF_ERROR(
        emit_tables(source_, job.planned.level, job.layout, [&](ByteView bytes) { return out.put(bytes); }));
    TileCopier tiles(source_, job.planned.level, out);
    RETURN_IF_ERROR(tiles.run());
    if (out.written() != job.planned.bytes) {
      return Status(Code::Internal, "level " + std::to_string(job.planned.level) + ": " +
                                        std::to_string(out.written()) + " bytes written, " +
                                        std::to_string(job.planned.bytes) + " were laid out");
    }
    return out.flush();
  }

 private:
  ByteBuffer header(const Job& job) const {
    const Planned& planned = job.planned;
    ByteBuffer bytes = dicom::encode_file_meta(planned.sop_class, planned.sop, planned.transfer_syntax);
    const dicom::DataSet set =
        slide_image_data_set({source_, identity_, options_, job.layout, planned.level, spacing_});
    const ByteBuffer encoded = set.encode();
    bytes.insert(bytes.end(), encoded.begin(), encoded.end());
    return bytes;
  }

  const slide::SlideSource& source_;
  const Options& options_;
  const Identity identity_;
  const Spacing spacing_;
};

}  // namespace

Result<Summary> convert_slide(const slide::SlideSource& source, std::string_view source_hash, const Options& options,
                              InstanceSink& sink, const std::function<void(std::uint64_t, std::uint64_t)>& progress) {
  RETURN_IF_ERROR(check_options(options));
  TRY_ASSIGN(const Spacing spacing, base_spacing(source.facts(), options));
  const Conversion conversion(source, source_hash, options, spacing);
  std::vector<Job> jobs;
  std::uint64_t total = 0;
  for (std::size_t level = 0; level < source.levels().size(); ++level) {
    TRY_ASSIGN(Job job, conversion.plan(level));
    total += job.planned.bytes;
    jobs.push_back(std::move(job));
  }
  Summary summary;
  std::uint64_t done = 0;
  for (const Job& job : jobs) {
    TRY_ASSIGN(const bool wanted, sink.begin(job.planned));
    if (!wanted) {
      ++summary.declined;
      done += job.planned.bytes;
      continue;
    }
    const Emit emit = [&](ByteView piece) -> Status {
      RETURN_IF_ERROR(sink.write(piece));
      done += piece.size();
      if (progress) {
        progress(done, total);
      }
      return {};
    };
    RETURN_IF_ERROR(conversion.write(job, emit));
    RETURN_IF_ERROR(sink.end());
    ++summary.written;
    summary.bytes += job.planned.bytes;
  }
  RETURN_IF_ERROR(sink.finish());
  return summary;
}

}  // namespace tessera::convert

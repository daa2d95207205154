#include "convert/converter.h"

#include "convert/iod.h"
#include "convert/tile_copier.h"

namespace tessera::convert {

namespace {

// One image, ready to be written.
struct Job {
  Planned planned;
  Layout layout;
};

Result<Spacing> base_spacing(const slide::SlideFacts& facts, const Options& options) {
  if (facts.mm_per_pixel_x && facts.mm_per_pixel_y) {
    return Spacing{*facts.mm_per_pixel_x, *facts.mm_per_pixel_y};
  }
  if (options.mm_per_pixel > 0) {
    return Spacing{options.mm_per_pixel, options.mm_per_pixel};
  }
  std::string claim;
  for (const auto& [key, value] : facts.properties) {
    claim += key == "spacing not believed" ? " (what it claims, " + value + ")" : "";
  }
  return Status(Code::InvalidArgument,
                facts.file_name + ": states no pixel spacing" + claim + "; give it with --mpp (micrometres per pixel)");
}

// A spacing for slides that state none says nothing about one that does: neither its scale nor its UIDs.
Options options_for(const slide::SlideFacts& facts, Options options) {
  options.mm_per_pixel = facts.mm_per_pixel_x && facts.mm_per_pixel_y ? 0 : options.mm_per_pixel;
  return options;
}

class Conversion {
 public:
  Conversion(const slide::SlideSource& source, std::string_view source_hash, const Options& options, Spacing spacing)
      : source_(source),
        options_(options_for(source.facts(), options)),
        identity_(identify(source.facts(), source_hash, options_)),
        spacing_(spacing) {}

  Result<Job> plan(std::size_t image) const {
    Job job;
    Planned& planned = job.planned;
    planned.image = image;
    planned.name = image_name(source_, image);
    TRY_ASSIGN(job.layout, lay_out(source_, image));
    planned.study = identity_.study;
    planned.series = identity_.series;
    planned.sop = identity_.instance(source_, image);
    planned.sop_class = kSlideImageSopClass;
    planned.transfer_syntax = source_.images()[image].coding.transfer_syntax;
    planned.frames = job.layout.frames;
    planned.bytes = header(job).size() + job.layout.after_header();
    return job;
  }

  Status write(const Job& job, const Emit& emit) const {
    PieceWriter out(emit);
    RETURN_IF_ERROR(out.put(header(job)));
    RETURN_IF_ERROR(
        emit_tables(source_, job.planned.image, job.layout, [&](ByteView bytes) { return out.put(bytes); }));
    TileCopier tiles(source_, job.planned.image, out);
    RETURN_IF_ERROR(tiles.run());
    if (out.written() != job.planned.bytes) {
      return Status(Code::Internal, job.planned.name + ": " + std::to_string(out.written()) + " bytes written, " +
                                        std::to_string(job.planned.bytes) + " were laid out");
    }
    return out.flush();
  }

 private:
  ByteBuffer header(const Job& job) const {
    const Planned& planned = job.planned;
    ByteBuffer bytes = dicom::encode_file_meta(planned.sop_class, planned.sop, planned.transfer_syntax);
    const dicom::DataSet set =
        slide_image_data_set({source_, identity_, options_, job.layout, planned.image, spacing_});
    const ByteBuffer encoded = set.encode();
    bytes.insert(bytes.end(), encoded.begin(), encoded.end());
    return bytes;
  }

  const slide::SlideSource& source_;
  const Options options_;
  const Identity identity_;
  const Spacing spacing_;
};

// Whether an associated image is to be left out, and the option that would do it; levels never are.
struct Choice {
  slide::ImageFlavor flavor;
  const char* option;
  bool LeaveOut::*asked;
};
constexpr Choice kChoices[] = {{slide::ImageFlavor::Label, "--no-label", &LeaveOut::label},
                               {slide::ImageFlavor::Overview, "--no-overview", &LeaveOut::overview},
                               {slide::ImageFlavor::Thumbnail, "--no-thumbnail", &LeaveOut::thumbnail}};

Result<bool> is_wanted(const slide::Image& image, const LeaveOut& leave_out) {
  for (const Choice& choice : kChoices) {
    if (choice.flavor != image.flavor) {
      continue;
    }
    if (leave_out.*choice.asked) {
      return false;
    }
    if (!image.damage.ok()) {
      return Status(image.damage.code(), std::string(image.damage.message()) + "; " + choice.option +
                                             " converts the slide without this image");
    }
  }
  return true;
}

Result<std::vector<Job>> plan_all(const slide::SlideSource& source, const Conversion& conversion,
                                  const LeaveOut& leave_out, Summary& summary) {
  for (const auto& [key, value] : source.facts().properties) {
    if (key.starts_with("left out")) {
      summary.notes.push_back(key + ", " + value);
    }
  }
  std::vector<Job> jobs;
  for (std::size_t at = 0; at < source.images().size(); ++at) {
    const slide::Image& image = source.images()[at];
    TRY_ASSIGN(const bool wanted, is_wanted(image, leave_out));
    if (!wanted) {
      summary.notes.push_back("left out: " + image_name(source, at) + ", as asked");
      continue;
    }
    TRY_ASSIGN(Job job, conversion.plan(at));
    if (image.is_level()) {
      ++summary.levels;
    } else {
      summary.associated.push_back(job.planned.name);
      if (image.coding.lossy_bytes > 0) {
        summary.notes.push_back(job.planned.name + ": " + image.handling);
      }
    }
    jobs.push_back(std::move(job));
  }
  return jobs;
}

}  // namespace

std::string Summary::contents() const {
  std::string text = std::to_string(levels) + (levels == 1 ? " level" : " levels");
  for (const std::string& name : associated) {
    text += ", " + name;
  }
  for (const std::string& note : notes) {
    text += "; " + note;
  }
  return text;
}

Result<Summary> convert_slide(const slide::SlideSource& source, std::string_view source_hash, const Options& options,
                              InstanceSink& sink, const std::function<void(std::uint64_t, std::uint64_t)>& progress) {
  RETURN_IF_ERROR(check_options(options));
  TRY_ASSIGN(const Spacing spacing, base_spacing(source.facts(), options));
  const Conversion conversion(source, source_hash, options, spacing);
  Summary summary;
  TRY_ASSIGN(const std::vector<Job> jobs, plan_all(source, conversion, options.leave_out, summary));
  std::uint64_t total = 0;
  for (const Job& job : jobs) {
    total += job.planned.bytes;
  }
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

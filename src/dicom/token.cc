#include "dicom/token.h"

#include "base/result.h"

namespace tessera::dicom {
namespace {

template <class Call>
Status for_each_sink(const std::vector<TokenSink*>& sinks, Call call) {
  for (TokenSink* sink : sinks) {
    RETURN_IF_ERROR(call(*sink));
  }
  return {};
}

}  // namespace

Status TokenTee::on_inflated(std::uint64_t offset, ByteView bytes) {
  return for_each_sink(sinks_, [&](TokenSink& sink) { return sink.on_inflated(offset, bytes); });
}
Status TokenTee::on_value(const ElementHeader& header, ByteView bytes) {
  return for_each_sink(sinks_, [&](TokenSink& sink) { return sink.on_value(header, bytes); });
}
Status TokenTee::on_large_value_begin(const ElementHeader& header) {
  return for_each_sink(sinks_, [&](TokenSink& sink) { return sink.on_large_value_begin(header); });
}
Status TokenTee::on_large_value_chunk(const ElementHeader& header, ByteView bytes) {
  return for_each_sink(sinks_, [&](TokenSink& sink) { return sink.on_large_value_chunk(header, bytes); });
}
Status TokenTee::on_large_value_end(const ElementHeader& header) {
  return for_each_sink(sinks_, [&](TokenSink& sink) { return sink.on_large_value_end(header); });
}
Status TokenTee::on_sequence_begin(const ElementHeader& header) {
  return for_each_sink(sinks_, [&](TokenSink& sink) { return sink.on_sequence_begin(header); });
}
Status TokenTee::on_item_begin() {
  return for_each_sink(sinks_, [&](TokenSink& sink) { return sink.on_item_begin(); });
}
Status TokenTee::on_item_end() {
  return for_each_sink(sinks_, [&](TokenSink& sink) { return sink.on_item_end(); });
}
Status TokenTee::on_sequence_end() {
  return for_each_sink(sinks_, [&](TokenSink& sink) { return sink.on_sequence_end(); });
}
Status TokenTee::on_fragments_begin(const ElementHeader& header) {
  return for_each_sink(sinks_, [&](TokenSink& sink) { return sink.on_fragments_begin(header); });
}
Status TokenTee::on_fragment_begin(const FragmentHeader& header) {
  return for_each_sink(sinks_, [&](TokenSink& sink) { return sink.on_fragment_begin(header); });
}
Status TokenTee::on_fragment_chunk(const FragmentHeader& header, ByteView bytes) {
  return for_each_sink(sinks_, [&](TokenSink& sink) { return sink.on_fragment_chunk(header, bytes); });
}
Status TokenTee::on_fragment_end(const FragmentHeader& header) {
  return for_each_sink(sinks_, [&](TokenSink& sink) { return sink.on_fragment_end(header); });
}
Status TokenTee::on_fragments_end(std::uint64_t end_offset) {
  return for_each_sink(sinks_, [&](TokenSink& sink) { return sink.on_fragments_end(end_offset); });
}

}  // namespace tessera::dicom

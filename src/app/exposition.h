// Exposition: the text that Prometheus reads (format 0.0.4), written in order: family, then its samples. One thread.
//
// Why our own and not prometheus-cpp: what is counted on the tile path lives in arrays of atomics that are found by the
// address of a literal (metrics.h), which the library's families, a map of labels behind a lock each, are not; of it
// only this text would be left.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

#include "base/histogram.h"

namespace tessera::app {

class Exposition {
 public:
  using Labels = std::initializer_list<std::pair<std::string_view, std::string_view>>;

  // `type`: counter (a name that ends in _total), gauge or histogram.
  void family(std::string_view name, std::string_view type, std::string_view help);
  // Of the family begun last.
  void sample(double value, Labels labels = {});
  void histogram(const TimeHistogram::Snapshot& times, Labels labels = {});

  std::string take() { return std::move(text_); }

 private:
  void line(std::string_view suffix, Labels labels, std::string_view le, double value);

  std::string text_;
  std::string name_;
};

}  // namespace tessera::app

#include "base/nearest.h"

#include <algorithm>
#include <numeric>
#include <vector>

namespace tessera {

std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), 0);
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, replaced});
    }
  }
  return row.back();
}

std::string_view nearest_of(std::string_view word, std::span<const std::string_view> known) {
  const auto found = std::min_element(known.begin(), known.end(), [word](std::string_view a, std::string_view b) {
    return edit_distance(a, word) < edit_distance(b, word);
  });
  return found == known.end() ? std::string_view() : *found;
}

}  // namespace tessera

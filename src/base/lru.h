// Lru: a cache bounded by weight (bytes, or rows), the least recently used leaving first.
//
// get() and put() take one lock each and copy the value out: values are shared_ptr or small. Safe from many
// threads. The key type says how entries are invalidated: put a revision in the key, or call erase().
#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <mutex>
#include <optional>
#include <unordered_map>
#include <utility>

namespace tessera {

template <class Key, class Value, class Hash = std::hash<Key>>
class Lru {
 public:
  explicit Lru(std::size_t max_weight) : max_weight_(max_weight) {}

  std::optional<Value> get(const Key& key) {
    std::lock_guard lock(mutex_);
    auto found = index_.find(key);
    if (found == index_.end()) {
      ++misses_;
      return std::nullopt;
    }
    ++hits_;
    entries_.splice(entries_.begin(), entries_, found->second);
    return found->second->value;
  }

  // A value heavier than the whole cache is not kept.
  void put(const Key& key, Value value, std::size_t weight) {
    std::lock_guard lock(mutex_);
    erase_locked(key);
    if (weight > max_weight_) {
      return;
    }
    entries_.push_front(Entry{key, std::move(value), weight});
    index_.emplace(key, entries_.begin());
    weight_ += weight;
    while (weight_ > max_weight_) {
      erase_locked(Key(entries_.back().key));
    }
  }

  void erase(const Key& key) {
    std::lock_guard lock(mutex_);
    erase_locked(key);
  }

  void clear() {
    std::lock_guard lock(mutex_);
    entries_.clear();
    index_.clear();
    weight_ = 0;
  }

  struct Counters {
    std::uint64_t hits;
    std::uint64_t misses;
    std::size_t weight;
    std::size_t entries;
  };
  Counters counters() const {
    std::lock_guard lock(mutex_);
    return {hits_, misses_, weight_, entries_.size()};
  }

 private:
  struct Entry {
    Key key;
    Value value;
    std::size_t weight;
  };

  void erase_locked(const Key& key) {
    auto found = index_.find(key);
    if (found == index_.end()) {
      return;
    }
    weight_ -= found->second->weight;
    entries_.erase(found->second);
    index_.erase(found);
  }

  const std::size_t max_weight_;
  mutable std::mutex mutex_;
  std::list<Entry> entries_;  // front is the most recently used; guarded by mutex_, as all below
  std::unordered_map<Key, typename std::list<Entry>::iterator, Hash> index_;
  std::size_t weight_ = 0;
  std::uint64_t hits_ = 0;
  std::uint64_t misses_ = 0;
};

}  // namespace tessera

#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <future>
#include <thread>

#include "catalog/database.h"

namespace tessera::catalog {
namespace {

TEST(SqliteDatabase, the_first_write_of_a_process_waits_for_the_one_of_another) {
  const auto path = std::filesystem::path(testing::TempDir()) / "first_write.sqlite";
  std::filesystem::remove(path);
  const auto one = open_sqlite(path.string());
  const auto other = open_sqlite(path.string());
  ASSERT_TRUE(one.ok() && other.ok());
  std::promise<void> writing;
  std::jthread slow([&] {
    const Status status = (*one)->write([&](Connection&) {
      writing.set_value();
      std::this_thread::sleep_for(std::chrono::milliseconds(200));
      return Status();
    });
    EXPECT_TRUE(status.ok()) << status.message();
  });
  writing.get_future().wait();
  const Status status = (*other)->write([](Connection& connection) {
    return connection.execute("INSERT INTO partitions(name, created_millis) VALUES('lab', 1)");
  });
  EXPECT_TRUE(status.ok()) << status.message();
}

}  // namespace
}  // namespace tessera::catalog

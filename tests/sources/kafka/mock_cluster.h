// A Kafka cluster within the process: librdkafka's own mock. It keeps about 5 MB a partition.
#pragma once

#include <memory>
#include <string>

namespace settle::kafka {

class MockCluster {
 public:
  explicit MockCluster(int brokers);
  ~MockCluster();
  MockCluster(const MockCluster&) = delete;
  MockCluster& operator=(const MockCluster&) = delete;

  [[nodiscard]] std::string brokers() const;
  void create_topic(const std::string& name, int partitions);
  void take_down(int broker);  // From one.
  void bring_up(int broker);

 private:
  struct Handle;
  std::unique_ptr<Handle> handle_;
};

}  // namespace settle::kafka

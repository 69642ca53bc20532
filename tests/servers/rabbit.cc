#include "tests/servers/rabbit.h"

#include <filesystem>
#include <fstream>
#include <stdexcept>

#include <fmt/format.h>
#include <unistd.h>

#include "tests/intake/eventually.h"

namespace settle::servers {
namespace {

constexpr const char* server = "/usr/lib/rabbitmq/bin/rabbitmq-server";
constexpr const char* mapper = "/usr/bin/epmd";

}  // namespace

bool Rabbit::is_available() {
  return ::access(server, X_OK) == 0 && ::access(mapper, X_OK) == 0;
}

Rabbit::Rabbit() : folder_(new_folder("rabbit")) {
  const std::vector<int> ports = free_ports(3);
  port_ = ports[0];
  distribution_port_ = ports[1];
  mapper_port_ = ports[2];
  std::ofstream(folder_ + "/plugins") << "[].\n";
  std::ofstream(folder_ + "/rabbitmq.conf") << "vm_memory_high_watermark.absolute = 512MB\n"
                                               "disk_free_limit.absolute = 10MB\n";
  mapper_ = std::make_unique<Child>(std::vector<std::string>{mapper, "-address", "127.0.0.1",
                                                             "-port", std::to_string(mapper_port_)},
                                    folder_ + "/epmd.log");
  start();
}

Rabbit::~Rabbit() {
  child_.reset();
  mapper_.reset();
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

void Rabbit::start() {
  child_ =
      std::make_unique<Child>(std::vector<std::string>{server}, folder_ + "/log",
                              std::map<std::string, std::string>{
                                  {"HOME", folder_},
                                  {"PATH", "/usr/sbin:/usr/bin:/sbin:/bin"},
                                  {"LANG", "C.UTF-8"},
                                  {"ERL_EPMD_ADDRESS", "127.0.0.1"},
                                  {"ERL_EPMD_PORT", std::to_string(mapper_port_)},
                                  {"RABBITMQ_NODENAME", "settle@localhost"},
                                  {"RABBITMQ_MNESIA_BASE", folder_ + "/mnesia"},
                                  {"RABBITMQ_LOG_BASE", folder_ + "/logs"},
                                  {"RABBITMQ_NODE_IP_ADDRESS", "127.0.0.1"},
                                  {"RABBITMQ_NODE_PORT", std::to_string(port_)},
                                  {"RABBITMQ_DIST_PORT", std::to_string(distribution_port_)},
                                  {"RABBITMQ_ENABLED_PLUGINS_FILE", folder_ + "/plugins"},
                                  {"RABBITMQ_CONFIG_FILE", folder_ + "/rabbitmq.conf"},
                                  {"RABBITMQ_CONF_ENV_FILE", "/dev/null"},
                                  {"RABBITMQ_PID_FILE", folder_ + "/pid"},
                                  {"RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS", "+S 1:1 +sbwt none"}});
  if (!eventually([this] { return is_open(port_); }, std::chrono::seconds(120))) {
    throw std::runtime_error("RabbitMQ does not serve");
  }
}

void Rabbit::kill() {
  child_.reset();
}

std::string Rabbit::url() const {
  return fmt::format("amqp://guest:guest@127.0.0.1:{}/", port_);
}

}  // namespace settle::servers

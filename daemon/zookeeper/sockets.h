// This process's own connections, looked up where the kernel lists them: ZooKeeper's C library
// keeps its socket to itself, and leaves a server on request only if the next one has another IP
// address.
#pragma once

#include <sys/socket.h>

namespace settle::zk {

/// Cuts every TCP connection of this process to `peer`, as if its other end had closed it: whoever
/// uses it reads the end. Returns how many those were. Never blocks.
int cut_connections_to(const sockaddr_storage& peer);

}  // namespace settle::zk

// settle_sim: many seeds of a simulated world, or one seed told line by line.
#include <atomic>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "tests/sim/world.h"

namespace settle::sim {
namespace {

struct Arguments {
  std::uint64_t first = 1;
  std::uint64_t seeds = 20;
  unsigned threads = 2;
  Mutation mutation = Mutation::none;
  const MutationFacts* proved = nullptr;
  bool is_traced = false;
  bool is_repeated = false;
};

constexpr const char* usage =
    "usage: settle_sim [--seeds=N] [--first=S] [--threads=N]   run N seeds\n"
    "       settle_sim --seed=S [--trace]                      run one, and tell it\n"
    "       settle_sim --mutation=NAME [--seeds=N]             with something broken on purpose\n"
    "       settle_sim --prove=NAME [--seeds=N]                succeed if its oracle catches it\n"
    "       settle_sim --repeat [--seeds=N]                    each seed twice: the same trace\n"
    "       settle_sim --mutations                             list them\n";

bool read_number(std::string_view text, std::uint64_t& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc{} && end == text.data() + text.size();
}

void list_mutations() {
  for (const MutationFacts& facts : mutations()) {
    std::printf("%.*s %.*s\n", static_cast<int>(facts.name.size()), facts.name.data(),
                static_cast<int>(facts.oracle.size()), facts.oracle.data());
  }
}

bool parse_one(std::string_view argument, Arguments& arguments) {
  const auto value = argument.substr(std::min(argument.size(), argument.find('=') + 1));
  std::uint64_t threads = 0;
  if (argument.starts_with("--seeds=")) return read_number(value, arguments.seeds);
  if (argument.starts_with("--first=")) return read_number(value, arguments.first);
  if (argument.starts_with("--threads=")) {
    if (!read_number(value, threads) || threads == 0 || threads > 64) return false;
    arguments.threads = static_cast<unsigned>(threads);
    return true;
  }
  if (argument.starts_with("--seed=")) {
    arguments.seeds = 1;
    return read_number(value, arguments.first);
  }
  if (argument.starts_with("--mutation=") || argument.starts_with("--prove=")) {
    const MutationFacts* facts = find_mutation(value);
    if (facts == nullptr) return false;
    arguments.mutation = facts->mutation;
    if (argument.starts_with("--prove=")) arguments.proved = facts;
    return true;
  }
  if (argument == "--trace") return arguments.is_traced = true;
  if (argument == "--repeat") return arguments.is_repeated = true;
  return false;
}

struct Tally {
  std::mutex mutex;  // Guards all below.
  std::uint64_t seeds = 0;
  std::uint64_t faults = 0;
  std::uint64_t crashes = 0;
  std::uint64_t acts = 0;
  std::uint64_t decisions = 0;
  std::uint64_t failures = 0;
  std::uint64_t proofs = 0;
  std::uint64_t thin = 0;  // Seeds that were too kind to prove anything.
};

void tell(const RunResult& result, std::uint64_t seed, const Arguments& arguments, Tally& tally) {
  const std::lock_guard lock(tally.mutex);
  ++tally.seeds;
  tally.faults += result.faults;
  tally.crashes += result.crashes;
  tally.acts += result.acts;
  tally.decisions += result.decisions;
  if (!result.violation) {
    tally.thin += result.faults < 20 || result.crashes < 1;
    return;
  }
  ++tally.failures;
  const Violation& violation = *result.violation;
  if (arguments.proved != nullptr) {
    tally.proofs += violation.oracle == arguments.proved->oracle;
    return;
  }
  std::string again = "settle_sim --seed=" + std::to_string(seed);
  for (const MutationFacts& facts : mutations()) {
    if (facts.mutation == arguments.mutation) again += " --mutation=" + std::string(facts.name);
  }
  std::printf("seed %llu: %s %s\n  reproduce: %s\n", static_cast<unsigned long long>(seed),
              violation.oracle.c_str(), violation.text.c_str(), again.c_str());
}

void run_seeds(const Arguments& arguments, std::atomic<std::uint64_t>& next, Tally& tally) {
  for (;;) {
    const std::uint64_t seed = next++;
    if (seed >= arguments.first + arguments.seeds) return;
    const RunOptions options{seed, arguments.mutation, arguments.is_traced};
    RunResult result = Simulation(options).run();
    if (arguments.is_repeated && Simulation(options).run().trace != result.trace) {
      result.violation = Violation{"trace", "one seed gave two traces", {}};
    }
    tell(result, seed, arguments, tally);
    if (arguments.proved != nullptr) {
      const std::lock_guard lock(tally.mutex);
      if (tally.proofs > 0) return;
    }
  }
}

int finish(const Arguments& arguments, const Tally& tally) {
  const auto number = [](std::uint64_t value) { return static_cast<unsigned long long>(value); };
  std::printf(
      "%llu seeds, %llu faults, %llu crashes, %llu decisions, %llu actions: ", number(tally.seeds),
      number(tally.faults), number(tally.crashes), number(tally.decisions), number(tally.acts));
  if (arguments.proved != nullptr) {
    std::printf("%s\n", tally.proofs > 0 ? "caught" : "NOT CAUGHT by its oracle");
    return tally.proofs > 0 ? 0 : 1;
  }
  std::printf("%llu violations\n", number(tally.failures));
  if (tally.thin > 0) std::printf("%llu seeds had too few faults\n", number(tally.thin));
  return tally.failures > 0 || tally.thin > 0 ? 1 : 0;
}

}  // namespace

int run(int count, char** texts) {
  Arguments arguments;
  for (int at = 1; at < count; ++at) {
    if (std::strcmp(texts[at], "--mutations") == 0) {
      list_mutations();
      return 0;
    }
    if (!parse_one(texts[at], arguments)) {
      std::fputs(usage, stderr);
      return 64;
    }
  }
  std::atomic<std::uint64_t> next = arguments.first;
  Tally tally;
  std::vector<std::thread> threads;
  for (unsigned n = 1; n < arguments.threads && !arguments.is_traced; ++n) {
    threads.emplace_back([&] { run_seeds(arguments, next, tally); });
  }
  run_seeds(arguments, next, tally);
  for (std::thread& thread : threads) thread.join();
  return finish(arguments, tally);
}

}  // namespace settle::sim

int main(int argc, char** argv) {
  return settle::sim::run(argc, argv);
}

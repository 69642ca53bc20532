#include "cli/history.h"

#include <algorithm>
#include <cctype>
#include <cstdio>
#include <map>
#include <utility>

#include <boost/json.hpp>
#include <fmt/format.h>

#include "config/bundle.h"
#include "daemon/codec/json.h"
#include "reconcilers/explain/explain.h"

namespace settle {
namespace {

namespace json = boost::json;

void complain(const std::string& message) {
  fmt::print(stderr, "settlectl: {}\n", message);
}

class DaemonHistory final : public History {
 public:
  explicit DaemonHistory(std::shared_ptr<const Asking> asking) : asking_(std::move(asking)) {}

  std::optional<json::array> decisions(const DecisionsWanted& wanted, Exit& exit) override {
    std::string path = fmt::format("/v1/decisions?limit={}", wanted.newest_max);
    if (!wanted.group.empty()) path += "&group=" + url_part(wanted.group);
    if (wanted.after) path += fmt::format("&after={}", *wanted.after);
    if (wanted.wait) path += "&wait=30s";
    auto reply = ask(*asking_, path, exit);
    if (!reply) return std::nullopt;
    json::value* rows = reply->is_object() ? reply->as_object().if_contains("decisions") : nullptr;
    if (rows == nullptr || !rows->is_array()) {
      complain("the daemon's answer holds no decisions");
      exit = Exit::failed;
      return std::nullopt;
    }
    return std::move(rows->as_array());
  }

  std::optional<std::string> explain(const std::string& subject, Exit& exit) override {
    std::string id = subject;
    if (!is_decision_id(subject)) {
      auto newest = decisions({.group = subject, .newest_max = 1, .after = {}}, exit);
      if (!newest) return std::nullopt;
      if (newest->empty()) {
        exit = Exit::failed;
        // Says itself that there is no such group.
        if (!ask_text(*asking_, "/v1/groups/" + url_part(subject), exit)) return std::nullopt;
        complain(fmt::format("\"{}\" has left no decision yet", subject));
        return std::nullopt;
      }
      id = cell(newest->back().as_object(), "decision");
    }
    return ask_text(*asking_, "/v1/decisions/" + url_part(id) + "/explain", exit);
  }

 private:
  std::shared_ptr<const Asking> asking_;
};

class JournalHistory final : public History {
 public:
  explicit JournalHistory(std::unique_ptr<JournalReader> reader)
      : reader_(std::move(reader)), shelf_(*reader_) {}

  std::optional<json::array> decisions(const DecisionsWanted& wanted, Exit& exit) override {
    DecisionQuery query;
    if (!wanted.group.empty()) query.group = GroupId{wanted.group};
    query.after = wanted.after;
    query.newest_max = wanted.newest_max;
    const auto found = read(query, exit);
    if (!found) return std::nullopt;
    json::array rows;
    for (const StoredDecision& stored : *found) {
      json::object row = json::parse(record_json(stored.record)).as_object();
      row["sequence"] = stored.sequence;
      rows.push_back(std::move(row));
    }
    return rows;
  }

  std::optional<std::string> explain(const std::string& subject, Exit& exit) override {
    DecisionQuery query;
    query.newest_max = 1;
    if (is_decision_id(subject)) {
      query.id = subject;
    } else {
      query.group = GroupId{subject};
    }
    const auto found = read(query, exit);
    if (!found) return std::nullopt;
    if (found->empty()) {
      complain(fmt::format("the journal holds no decision of \"{}\"", subject));
      exit = Exit::failed;
      return std::nullopt;
    }
    const StoredDecision& stored = found->back();
    const GroupSpec* spec = shelf_.find(stored.record.revision, stored.record.group);
    return page(stored.record, stored.id, spec != nullptr ? spec->zone : Zone());
  }

 private:
  std::optional<std::vector<StoredDecision>> read(const DecisionQuery& query, Exit& exit) {
    auto found = reader_->decisions(query);
    if (found) return std::move(*found);
    complain(found.error().message);
    exit = Exit::failed;
    return std::nullopt;
  }

  std::unique_ptr<JournalReader> reader_;
  RevisionShelf shelf_;
};

}  // namespace

struct RevisionShelf::Shelf {
  std::map<std::string, std::map<GroupId, GroupSpec>> specs;
};

RevisionShelf::RevisionShelf(JournalReader& journal)
    : journal_(journal), shelf_(std::make_unique<Shelf>()) {}
RevisionShelf::~RevisionShelf() = default;

const GroupSpec* RevisionShelf::find(const std::string& revision, const GroupId& group) {
  const auto [entry, is_new] = shelf_->specs.try_emplace(revision);
  if (is_new) {
    auto stored = journal_.revision(revision);
    const auto files = stored ? unbundle(stored->text) : std::nullopt;
    if (files) {
      for (GroupSpec& spec : compile(*files).specs) {
        GroupId id = spec.id;
        entry->second.emplace(std::move(id), std::move(spec));
      }
    }
  }
  const auto found = entry->second.find(group);
  return found == entry->second.end() ? nullptr : &found->second;
}

std::unique_ptr<History> history_of_daemon(std::shared_ptr<const Asking> asking) {
  return std::make_unique<DaemonHistory>(std::move(asking));
}

std::unique_ptr<History> history_of_journal(const std::string& path) {
  auto reader = read_journal(path);
  if (!reader) {
    complain(reader.error().message);
    return nullptr;
  }
  return std::make_unique<JournalHistory>(std::move(*reader));
}

bool is_decision_id(const std::string& subject) {
  return subject.size() >= 6 && subject.starts_with("d-") &&
         std::all_of(subject.begin() + 2, subject.end(),
                     [](unsigned char c) { return std::isxdigit(c) != 0; });
}

}  // namespace settle

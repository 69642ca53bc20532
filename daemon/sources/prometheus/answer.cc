#include "daemon/sources/prometheus/answer.h"

#include <algorithm>
#include <optional>
#include <set>

#include <fmt/format.h>

#include "daemon/codec/json_tree.h"

namespace settle::prometheus {
namespace {

constexpr std::size_t said_max = 300;  // Bytes of somebody else's words that are passed on.

Error invalid(std::string message) {
  return {ErrorCode::invalid, std::move(message)};
}

std::string text_of(const JsonNode* node) {
  return node != nullptr && node->kind == JsonKind::text ? std::string(node->text) : "";
}

std::string refusal_in(const JsonTree& tree) {
  const JsonNode& root = tree.root();
  if (root.kind != JsonKind::object || text_of(tree.find(root, "status")) != "error") return {};
  const std::string type = text_of(tree.find(root, "errorType"));
  return fmt::format("{}: {}", type.empty() ? "error" : type,
                     text_of(tree.find(root, "error")).substr(0, said_max));
}

/// [seconds, "value"]
bool read_pair(const JsonTree& tree, const JsonNode& pair, Element& element) {
  if (pair.kind != JsonKind::array || pair.count != 2) return false;
  const JsonNode* const seconds = tree.first(pair);
  const JsonNode* const value = tree.next(*seconds);
  if (seconds->kind != JsonKind::number || value->kind != JsonKind::text) return false;
  const std::optional<Time> at = time_of(seconds->text);
  if (!at) return false;
  element.at = *at;
  element.text = value->text.substr(0, said_max);
  const bool is_none = value->text == "NaN" || value->text == "+Inf" || value->text == "-Inf";
  const std::optional<Decimal> number = Decimal::parse(value->text);
  if (!is_none && !number) return false;
  element.reading =
      number ? Reading{ReadingKind::value, *number} : Reading{ReadingKind::invalid, {}};
  return true;
}

std::optional<Error> read_element(const JsonTree& tree, const JsonNode& node, Element& element) {
  if (node.kind != JsonKind::object) return invalid("an element of the answer is no object");
  if (const JsonNode* metric = tree.find(node, "metric")) {
    if (metric->kind != JsonKind::object) return invalid("the labels of an element are no object");
    for (const JsonNode* label = tree.first(*metric); label != nullptr; label = tree.next(*label)) {
      if (label->kind != JsonKind::text) return invalid("the value of a label is no text");
      element.labels.emplace(label->key, label->text);
    }
  }
  const JsonNode* const value = tree.find(node, "value");
  if (value == nullptr) {
    return invalid(tree.find(node, "histogram") != nullptr
                       ? "the query gives a histogram, where a number is wanted"
                       : "an element of the answer has no value");
  }
  if (!read_pair(tree, *value, element)) return invalid("a value is [seconds, \"number\"]");
  return std::nullopt;
}

std::optional<Error> read_result(const JsonTree& tree, const JsonNode& result_data,
                                 Answer& answer) {
  const std::string type = text_of(tree.find(result_data, "resultType"));
  const JsonNode* const result = tree.find(result_data, "result");
  if (type == "scalar") {
    Element& only = answer.elements.emplace_back();
    if (result != nullptr && read_pair(tree, *result, only)) return std::nullopt;
    return invalid("a scalar is [seconds, \"number\"]");
  }
  if (type != "vector") {
    return invalid(fmt::format("the query gives {}, where a scalar or an instant vector is wanted",
                               type == "matrix"   ? "a range of samples"
                               : type == "string" ? "a text"
                                                  : "something else"));
  }
  if (result == nullptr || result->kind != JsonKind::array) return invalid("a vector is a list");
  answer.elements.reserve(result->count);
  for (const JsonNode* node = tree.first(*result); node != nullptr; node = tree.next(*node)) {
    const auto error = read_element(tree, *node, answer.elements.emplace_back());
    if (error) return error;
  }
  return std::nullopt;
}

}  // namespace

std::optional<Time> time_of(std::string_view seconds) {
  const std::optional<Decimal> given = Decimal::parse(seconds);
  if (!given || given->is_negative()) return std::nullopt;
  const Decimal exact = *given * Decimal(1'000);
  static const Decimal latest = Decimal::of(1, 15);  // The year 33658.
  if (exact > latest) return std::nullopt;
  std::int64_t milliseconds = exact.digits();
  for (int exponent = exact.exponent(); exponent != 0 && milliseconds != 0;) {
    if (exponent > 0) {
      milliseconds *= 10;
      --exponent;
    } else {
      milliseconds /= 10;
      ++exponent;
    }
  }
  return Time(Duration(milliseconds));
}

std::string refusal_in(std::string_view body) {
  const Result<JsonTree> tree = JsonTree::parse(body);
  return tree ? refusal_in(*tree) : std::string();
}

Result<Answer> read_answer(std::string_view body) {
  const Result<JsonTree> tree = JsonTree::parse(body);
  if (!tree) return invalid("the answer is not JSON: " + tree.error().message);
  const JsonNode& root = tree->root();
  if (root.kind != JsonKind::object) return invalid("the answer is no JSON object");
  if (std::string refusal = refusal_in(*tree); !refusal.empty()) return invalid(std::move(refusal));
  const JsonNode* const result_data = tree->find(root, "data");
  if (text_of(tree->find(root, "status")) != "success" || result_data == nullptr ||
      result_data->kind != JsonKind::object) {
    return invalid("this is no answer of Prometheus to an instant query");
  }
  Answer answer;
  if (const JsonNode* warnings = tree->find(root, "warnings");
      warnings != nullptr && warnings->kind == JsonKind::array) {
    for (const JsonNode* one = tree->first(*warnings); one != nullptr; one = tree->next(*one)) {
      answer.warnings.push_back(text_of(one).substr(0, said_max));
    }
  }
  if (auto error = read_result(*tree, *result_data, answer)) return std::move(*error);
  return answer;
}

std::string differing_labels(const std::vector<const Element*>& elements) {
  std::map<std::string, std::set<std::string>> values;
  for (const Element* element : elements) {
    for (const auto& [name, value] : element->labels) values[name].insert(value);
  }
  std::string names;
  for (const auto& [name, seen] : values) {
    const auto bearers =
        std::count_if(elements.begin(), elements.end(),
                      [&label = name](const Element* one) { return one->labels.contains(label); });
    const bool differs = seen.size() > 1 || static_cast<std::size_t>(bearers) < elements.size();
    if (differs) names += (names.empty() ? "" : ", ") + name;
  }
  return names.empty() ? "their labels" : names;
}

}  // namespace settle::prometheus

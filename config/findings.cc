#include "config/findings.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <iterator>
#include <tuple>
#include <utility>

#include <fmt/format.h>

namespace settle {
namespace {

constexpr std::size_t word_max = 64;  // Nothing that is longer was meant to be a key.

char lower(char c) {
  return static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
}

bool is_same(const Diagnostic& kept, const Diagnostic& fresh) {
  return kept.line == fresh.line && kept.column == fresh.column && kept.code == fresh.code &&
         kept.message == fresh.message;
}

}  // namespace

Findings::Findings(const std::vector<std::string>& paths) {
  files_.reserve(paths.size());
  for (const std::string& path : paths) files_.push_back({path, {}, 0});
}

Diagnostic& Findings::add(std::string_view code, const Place& place, std::string message) {
  File& file = files_[place.file];
  Diagnostic fresh;
  fresh.severity = code.front() == 'W' ? Severity::warning : Severity::error;
  fresh.code = code;
  fresh.message = std::move(message);
  fresh.path = file.path;
  fresh.line = place.line;
  fresh.column = place.column;
  fresh.length = std::max(1, place.length);
  const bool is_known = std::any_of(file.kept.begin(), file.kept.end(),
                                    [&](const Diagnostic& kept) { return is_same(kept, fresh); });
  if (!is_known && fresh.severity == Severity::error) ++errors_;
  if (!is_known && file.kept.size() < per_file_max) {
    file.kept.push_back(std::move(fresh));
    return file.kept.back();
  }
  if (!is_known) ++file.omitted;
  spare_ = std::move(fresh);
  return spare_;
}

std::vector<Diagnostic> Findings::take() {
  std::vector<Diagnostic> result;
  for (File& file : files_) {
    std::stable_sort(file.kept.begin(), file.kept.end(),
                     [](const Diagnostic& a, const Diagnostic& b) {
                       return std::tie(a.line, a.column) < std::tie(b.line, b.column);
                     });
    std::move(file.kept.begin(), file.kept.end(), std::back_inserter(result));
    file.kept.clear();
    if (file.omitted == 0) continue;
    Diagnostic rest;
    rest.code = "E0125";
    rest.message = fmt::format("{} more findings in this file are not shown", file.omitted);
    rest.path = file.path;
    rest.hint = "mend those above first";
    result.push_back(std::move(rest));
  }
  return result;
}

std::size_t edit_distance(std::string_view a, std::string_view b) {
  if (a.size() > word_max || b.size() > word_max) return word_max;
  using Row = std::array<std::size_t, word_max + 1>;
  Row before{};
  Row above{};
  Row row{};
  for (std::size_t j = 0; j <= b.size(); ++j) above[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replaced = above[j - 1] + (lower(a[i - 1]) == lower(b[j - 1]) ? 0 : 1);
      row[j] = std::min({replaced, above[j] + 1, row[j - 1] + 1});
      const bool swapped = i > 1 && j > 1 && lower(a[i - 1]) == lower(b[j - 2]) &&
                           lower(a[i - 2]) == lower(b[j - 1]);
      if (swapped) row[j] = std::min(row[j], before[j - 2] + 1);
    }
    before = above;
    above = row;
  }
  return above[b.size()];
}

std::string_view nearest(std::string_view word, const std::vector<std::string_view>& candidates) {
  std::string_view best;
  std::size_t best_distance =
      std::max<std::size_t>(1, std::min<std::size_t>(3, word.size() / 3)) + 1;
  for (const std::string_view candidate : candidates) {
    const std::size_t distance = edit_distance(word, candidate);
    if (distance >= best_distance) continue;
    best = candidate;
    best_distance = distance;
  }
  return best;
}

std::string did_you_mean(std::string_view word, const std::vector<std::string_view>& candidates) {
  const std::string_view meant = nearest(word, candidates);
  return meant.empty() ? std::string() : fmt::format("did you mean \"{}\"?", meant);
}

std::string quoted(std::string_view text) {
  constexpr std::size_t shown_max = 60;
  if (text.size() <= shown_max) return fmt::format("\"{}\"", text);
  std::size_t cut = shown_max;
  while (cut > 0 && (static_cast<unsigned char>(text[cut]) & 0xc0U) == 0x80U) --cut;
  return fmt::format("\"{}...\"", text.substr(0, cut));
}

std::string joined(const std::vector<std::string_view>& words) {
  return fmt::format("{}", fmt::join(words, ", "));
}

}  // namespace settle

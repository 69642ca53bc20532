// Findings as a person reads them.
#include <algorithm>
#include <iterator>
#include <map>
#include <optional>

#include <fmt/format.h>

#include "config/config.h"
#include "config/source_text.h"

namespace settle {
namespace {

constexpr std::string_view secret_code = "E0117";
constexpr int shown_max = 120;  // Characters of a line; a longer one is cut around the place.

std::string_view characters(std::string_view text, int from, int count) {
  const auto skip = [](std::string_view rest, int number) {
    std::size_t i = 0;
    for (; i < rest.size(); ++i) {
      const bool begins = (static_cast<unsigned char>(rest[i]) & 0xc0U) != 0x80U;
      if (begins && number-- == 0) break;
    }
    return i;
  };
  const std::size_t begin = skip(text, from);
  return text.substr(begin, skip(text.substr(begin), count));
}

/// Stars over what a finding says is a secret, whichever finding shows its line.
std::string without_secrets(const Diagnostic& one, std::string_view line,
                            const std::vector<Diagnostic>& all) {
  std::string shown(line);
  for (const Diagnostic& secret : all) {
    if (secret.code != secret_code || secret.path != one.path || secret.line != one.line) continue;
    const std::string_view before = characters(shown, 0, secret.column - 1);
    const std::string_view inside =
        characters(std::string_view(shown).substr(before.size()), 0, secret.length);
    shown = shown.substr(0, before.size()) +
            std::string(static_cast<std::size_t>(secret.length), '*') +
            shown.substr(before.size() + inside.size());
  }
  return shown;
}

void render_line(const Diagnostic& one, std::string_view line, std::string& out) {
  const int length = count_characters(line);
  const int column = std::min(one.column, length + 1);
  int from = 0;
  if (column > shown_max - 20) from = column - shown_max / 2;
  std::string shown(characters(line, from, shown_max));
  std::replace(shown.begin(), shown.end(), '\t', ' ');
  const std::string number = std::to_string(one.line);
  const std::string margin(number.size(), ' ');
  const int carets = std::clamp(one.length, 1, std::max(1, from + shown_max - column + 1));
  fmt::format_to(std::back_inserter(out), "{} |\n{} | {}\n{} | {}{}{}{}\n", margin, number, shown,
                 margin, std::string(static_cast<std::size_t>(column - from - 1), ' '),
                 std::string(static_cast<std::size_t>(carets), '^'), one.hint.empty() ? "" : "  ",
                 one.hint);
}

void render_one(const Diagnostic& one, const std::vector<Diagnostic>& all,
                const std::map<std::string_view, SourceText>& sources, std::string& out) {
  const bool is_error = one.severity == Severity::error;
  fmt::format_to(std::back_inserter(out), "{}[{}]: {}\n", is_error ? "error" : "warning", one.code,
                 one.message);
  const auto source = sources.find(one.path);
  if (one.line == 0 || source == sources.end()) {
    fmt::format_to(std::back_inserter(out), "  --> {}\n", one.path);
    if (!one.hint.empty()) fmt::format_to(std::back_inserter(out), "   = {}\n", one.hint);
  } else {
    fmt::format_to(std::back_inserter(out), "  --> {}:{}:{}\n", one.path, one.line, one.column);
    render_line(one, without_secrets(one, source->second.line(one.line), all), out);
  }
  for (const std::string& note : one.notes) {
    fmt::format_to(std::back_inserter(out), "   = {}\n", note);
  }
  out += '\n';
}

std::string counted(std::ptrdiff_t number, std::string_view noun) {
  return fmt::format("{} {}{}", number, noun, number == 1 ? "" : "s");
}

}  // namespace

std::string render(const std::vector<Diagnostic>& findings, const std::vector<ConfigFile>& files) {
  std::map<std::string_view, SourceText> sources;
  for (const ConfigFile& file : files) sources.try_emplace(file.path, file.text, std::uint16_t{0});
  std::string out;
  for (const Diagnostic& one : findings) render_one(one, findings, sources, out);
  const std::ptrdiff_t errors =
      std::count_if(findings.begin(), findings.end(),
                    [](const Diagnostic& one) { return one.severity == Severity::error; });
  out += counted(static_cast<std::ptrdiff_t>(files.size()), "file") +
         " checked: " + counted(errors, "error") + ", " +
         counted(static_cast<std::ptrdiff_t>(findings.size()) - errors, "warning") + ".\n";
  return out;
}

}  // namespace settle

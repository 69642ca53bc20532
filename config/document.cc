#include "config/document.h"

#include <algorithm>
#include <istream>
#include <streambuf>
#include <unordered_map>
#include <utility>

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include "config/source_text.h"

namespace settle {
namespace {

/// Ends the reading of a document whose finding has been reported.
struct Abandoned {};

/// Reads a string in place; std::istringstream would copy it.
class TextBuffer : public std::streambuf {
 public:
  explicit TextBuffer(std::string_view text) {
    char* begin = const_cast<char*>(text.data());  // streambuf's get area is never written to.
    setg(begin, begin, begin + text.size());
  }
};

/// Builds the tree from the parser's events, and refuses what strict YAML does not have.
class TreeBuilder : public YAML::EventHandler {
 public:
  TreeBuilder(const SourceText& source, Findings& findings)
      : source_(source), findings_(findings) {}

  [[nodiscard]] Element take_root() { return std::move(root_); }

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (documents_++ == 0) return;
    refuse("E0108", at(mark), "a second document begins here",
           "one file holds one document; a line that has lost its key also ends one");
  }
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    refuse_anchor(mark, anchor);
    Element node;
    node.place = at(mark);
    put(std::move(node));
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t /*anchor*/) override {
    refuse("E0105", at(mark), "an alias (*name) is not accepted",
           "write it out, or put what groups share under `defaults:`");
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    refuse_anchor(mark, anchor);
    refuse_tag(mark, tag);
    Element node;
    node.kind = Element::Kind::scalar;
    node.is_quoted = tag == "!";
    node.place = at(mark);
    if (node.is_quoted && !source_.closes_quote(static_cast<std::size_t>(mark.pos))) {
      refuse("E0100", node.place, "this quotation mark is never closed", "close it on its line");
    }
    node.place.length = source_.scalar_length(static_cast<std::size_t>(mark.pos), value);
    node.text = value;
    put(std::move(node));
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value /*style*/) override {
    open(mark, tag, anchor, Element::Kind::list);
  }
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value /*style*/) override {
    open(mark, tag, anchor, Element::Kind::map);
  }
  void OnMapEnd() override { close(); }

 private:
  struct Level {
    Element node;
    bool has_key = false;  // Of a map: its newest entry waits for its value.
    bool drops = false;    // The value that comes belongs to a key that stood before.
    std::unordered_map<std::string, int> lines;  // Of the keys so far.
  };

  [[nodiscard]] Place at(const YAML::Mark& mark) const {
    return source_.place(static_cast<std::size_t>(std::max(0, mark.pos)));
  }

  [[noreturn]] void refuse(std::string_view code, const Place& place, std::string message,
                           std::string hint) {
    findings_.add(code, place, std::move(message)).hint = std::move(hint);
    throw Abandoned{};
  }

  void refuse_anchor(const YAML::Mark& mark, YAML::anchor_t anchor) {
    if (anchor == YAML::NullAnchor) return;
    refuse("E0105", at(mark), "an anchor (&name) is not accepted",
           "write it out, or put what groups share under `defaults:`");
  }

  void refuse_tag(const YAML::Mark& mark, const std::string& tag) {
    if (tag.empty() || tag == "?" || tag == "!") return;
    refuse("E0107", at(mark), fmt::format("a tag ({}) is not accepted", quoted(tag)),
           "leave it out: what a value means follows from its key");
  }

  void open(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
            Element::Kind kind) {
    refuse_anchor(mark, anchor);
    refuse_tag(mark, tag);
    refuse_complex_key(at(mark));
    if (levels_.size() >= document_limits.depth_max) {
      refuse("E0102", at(mark),
             fmt::format("nested deeper than {} levels", document_limits.depth_max),
             "nothing in the configuration is this deep; look for a stray bracket or indentation");
    }
    count_node(mark);
    Level level;
    level.node.kind = kind;
    level.node.place = at(mark);
    levels_.push_back(std::move(level));
  }

  void close() {
    Element node = std::move(levels_.back().node);
    levels_.pop_back();
    attach(std::move(node));
  }

  void put(Element node) {
    count_node(node.place);
    attach(std::move(node));
  }

  void count_node(const YAML::Mark& mark) { count_node(at(mark)); }
  void count_node(const Place& place) {
    if (awaits_key()) return;  // A key is no value.
    if (++nodes_ <= document_limits.nodes_max) return;
    refuse("E0103", place,
           fmt::format("more than {} values in one file", document_limits.nodes_max),
           "split it into several files");
  }

  [[nodiscard]] bool awaits_key() const {
    return !levels_.empty() && levels_.back().node.kind == Element::Kind::map &&
           !levels_.back().has_key;
  }

  void refuse_complex_key(const Place& place) {
    if (!awaits_key()) return;
    refuse("E0111", place, "a key must be plain text",
           "a key is followed by a colon: `key: value`");
  }

  void attach(Element node) {
    if (levels_.empty()) {
      root_ = std::move(node);
      return;
    }
    Level& level = levels_.back();
    if (level.node.kind == Element::Kind::list) {
      level.node.items.push_back(std::move(node));
    } else if (level.has_key) {
      level.has_key = false;
      if (std::exchange(level.drops, false)) return;
      level.node.entries.back().value = std::move(node);
    } else {
      add_key(level, std::move(node));
    }
  }

  void add_key(Level& level, Element key) {
    if (key.kind != Element::Kind::scalar) refuse_complex_key(key.place);
    if (key.text == "<<" && !key.is_quoted) {
      refuse("E0106", key.place, "a merge key (<<) is not accepted",
             "put what groups share under `defaults:`");
    }
    level.has_key = true;
    const auto [first, is_new] = level.lines.try_emplace(key.text, key.place.line);
    if (is_new) {
      level.node.entries.push_back({std::move(key.text), key.place, Element{}});
      return;
    }
    level.drops = true;
    Diagnostic& twice =
        findings_.add("E0110", key.place, fmt::format("the key {} stands twice", quoted(key.text)));
    twice.hint = fmt::format("the first is on line {}; which one is meant?", first->second);
  }

  const SourceText& source_;
  Findings& findings_;
  std::vector<Level> levels_;
  Element root_;
  std::size_t nodes_ = 0;
  std::size_t documents_ = 0;
};

/// What the parser says, in words that help.
void report_syntax(const SourceText& source, const YAML::ParserException& problem,
                   Findings& findings) {
  const std::string& said = problem.msg;
  const Place place =
      source.place(problem.mark.pos < 0 ? 0 : static_cast<std::size_t>(problem.mark.pos));
  const bool in_flow = said == YAML::ErrorMsg::END_OF_MAP_FLOW ||
                       said == YAML::ErrorMsg::END_OF_SEQ_FLOW || said == YAML::ErrorMsg::FLOW_END;
  if (in_flow) {
    if (const std::optional<Place> brace = source.find_brace_in_flow(place)) {
      findings.add("E0115", *brace, "a { or [ inside a one-line { } ends the text before it").hint =
          "put the query on its own line or quote it";
      return;
    }
    findings.add("E0100", place, "a { or [ is opened here or above and not closed").hint =
        "close it, or quote the text that it is part of";
    return;
  }
  if (said == YAML::ErrorMsg::MAP_VALUE) {
    Diagnostic& found = findings.add("E0100", place, "a `: ` where no value can begin");
    found.hint = source.line(place.line).find("fallback:") != std::string_view::npos
                     ? "write when_missing: { fallback: N }"
                     : "check the indentation, or quote the text if the colon is part of it";
    return;
  }
  if (said == YAML::ErrorMsg::UNKNOWN_TOKEN) {
    findings.add("E0100", place, "no text can begin with this character").hint = "quote the text";
    return;
  }
  const bool is_alias = said == YAML::ErrorMsg::ALIAS_NOT_FOUND ||
                        said == YAML::ErrorMsg::CHAR_IN_ALIAS ||
                        said.rfind(YAML::ErrorMsg::UNKNOWN_ANCHOR, 0) == 0;
  if (is_alias && source.line(place.line).find("cron:") != std::string_view::npos) {
    Place star = place;
    if (star.column > 1) --star.column;  // The parser has gone past it.
    findings.add("E0100", star, "a text that begins with * must be quoted").hint =
        "cron: \"*/5 * * * *\"";
    return;
  }
  if (is_alias) {
    findings.add("E0105", place, "an alias (*name) is not accepted").hint =
        "write it out, or put what groups share under `defaults:`";
    return;
  }
  if (said == YAML::ErrorMsg::BAD_FILE) {
    findings.add("E0102", place,
                 fmt::format("nested deeper than {} levels", document_limits.depth_max));
    return;
  }
  findings.add("E0100", place, fmt::format("not valid YAML: {}", said));
}

/// True if the text is fit to be parsed at all.
bool is_plain_text(const SourceText& source, Findings& findings) {
  if (source.text().size() > document_limits.bytes_max) {
    findings
        .add("E0101", source.whole(),
             fmt::format("the file has {} bytes; at most {} are read", source.text().size(),
                         document_limits.bytes_max))
        .hint = "split it into several files";
    return false;
  }
  if (const std::optional<Place> odd = source.find_unprintable()) {
    findings.add("E0109", *odd, "this is not UTF-8 text, or a control character").hint =
        "save the file as UTF-8";
    return false;
  }
  if (const std::optional<Place> line = source.find_long_line(document_limits.line_bytes_max)) {
    findings.add("E0104", *line,
                 fmt::format("a line of more than {} bytes", document_limits.line_bytes_max));
    return false;
  }
  return true;
}

}  // namespace

const Element* Element::find(std::string_view key) const {
  const Entry* found = entry(key);
  return found != nullptr && found->value.is_usable ? &found->value : nullptr;
}

const Entry* Element::entry(std::string_view key) const {
  const auto found =
      std::find_if(entries.begin(), entries.end(), [&](const Entry& e) { return e.key == key; });
  return found == entries.end() ? nullptr : &*found;
}

std::optional<Element> read_document(std::string_view text, std::uint16_t file,
                                     Findings& findings) {
  const SourceText source(text, file);
  if (!is_plain_text(source, findings)) return std::nullopt;
  TextBuffer buffer(source.text());
  std::istream stream(&buffer);
  TreeBuilder builder(source, findings);
  try {
    YAML::Parser parser(stream);
    while (parser.HandleNextDocument(builder)) {
    }
  } catch (const Abandoned&) {
    return std::nullopt;
  } catch (const YAML::ParserException& problem) {
    report_syntax(source, problem, findings);
    return std::nullopt;
  }
  return builder.take_root();
}

Element merged(const Element& under, const Element& over) {
  if (under.kind != Element::Kind::map || over.kind != Element::Kind::map) return over;
  Element result = over;
  std::unordered_map<std::string_view, std::size_t> own;
  for (std::size_t i = 0; i < over.entries.size(); ++i) own.emplace(over.entries[i].key, i);
  for (const Entry& entry : under.entries) {
    const auto same = own.find(entry.key);
    if (same == own.end()) {
      result.entries.push_back(entry);
    } else {
      Element& value = result.entries[same->second].value;
      value = merged(entry.value, value);
    }
  }
  return result;
}

std::size_t count_nodes(const Element& node) {
  std::size_t count = 1;
  for (const Entry& entry : node.entries) count += count_nodes(entry.value);
  for (const Element& item : node.items) count += count_nodes(item);
  return count;
}

}  // namespace settle

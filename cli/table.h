// A table for people: columns as wide as their widest cell, numbers to the right.
#pragma once

#include <string>
#include <vector>

namespace settle {

class Table {
 public:
  /// A heading that begins with '>' is of a column aligned to the right; the mark is not shown.
  explicit Table(std::vector<std::string> headings);

  /// REQUIRES: as many cells as there are headings. Control characters are shown as "?".
  void add(std::vector<std::string> cells);

  [[nodiscard]] bool empty() const { return rows_.size() == 1; }
  [[nodiscard]] std::string text() const;

 private:
  std::vector<bool> right_;
  std::vector<std::vector<std::string>> rows_;  // The headings first.
};

}  // namespace settle

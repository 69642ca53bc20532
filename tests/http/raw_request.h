// An HTTP request as a fake of a service reads it: method, path, query, headers and body, all
// whole.
#pragma once

#include <algorithm>
#include <cctype>
#include <map>
#include <sstream>
#include <string>

namespace settle::http {

struct RawRequest {
  std::string method;
  std::string path;                            // Decoded, without the query.
  std::map<std::string, std::string> query;    // Decoded.
  std::map<std::string, std::string> headers;  // Names in lower case.
  std::string body;

  explicit RawRequest(const std::string& text) {
    const auto end = text.find("\r\n\r\n");
    body = text.substr(end + 4);
    std::istringstream lines(text.substr(0, end));
    std::string target;
    lines >> method >> target;
    const auto mark = std::min(target.find('?'), target.size());
    path = decoded(target.substr(0, mark));
    std::istringstream pairs(mark < target.size() ? target.substr(mark + 1) : std::string());
    for (std::string pair; std::getline(pairs, pair, '&');) {
      query[pair.substr(0, pair.find('='))] = decoded(pair.substr(pair.find('=') + 1));
    }
    for (std::string line; std::getline(lines, line);) {
      const auto colon = line.find(": ");
      if (colon == std::string::npos) continue;
      std::string name = line.substr(0, colon);
      std::transform(name.begin(), name.end(), name.begin(),
                     [](unsigned char letter) { return static_cast<char>(std::tolower(letter)); });
      headers[name] = line.substr(colon + 2, line.find('\r') - colon - 2);
    }
  }

  static std::string decoded(const std::string& text) {
    std::string plain;
    for (std::size_t at = 0; at < text.size(); ++at) {
      if (text[at] == '%' && at + 2 < text.size()) {
        plain.push_back(static_cast<char>(std::stoi(text.substr(at + 1, 2), nullptr, 16)));
        at += 2;
      } else {
        plain.push_back(text[at]);
      }
    }
    return plain;
  }
};

}  // namespace settle::http

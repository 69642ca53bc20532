// settlectl completion: what a shell can complete, made from the commands themselves, so that it
// cannot fall behind them.
#include <algorithm>
#include <iterator>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "cli/command.h"

namespace settle {
namespace {

// Prints the groups of the running daemon, one a line, or nothing.
constexpr std::string_view groups_of_daemon = "settlectl groups -q 2>/dev/null";

struct Option {
  std::vector<std::string> names;  // "-o", "--output".
  std::string about;
  std::vector<std::string> words;  // What it takes, where that is a closed set.
  bool takes_value = false;
};

struct Command {
  std::string path;  // "journal verify"; empty: settlectl itself.
  std::string about;
  std::vector<Option> options;
  std::vector<std::string> words;  // What may follow: commands below it, or a closed set.
  bool takes_group = false;
};

/// "TEXT:{a,b,c}" is how CLI11 writes down a closed set.
std::vector<std::string> words_of(const CLI::Option& option) {
  const std::string type = option.get_type_name();
  const std::size_t open = type.find('{');
  const std::size_t close = type.find('}', open);
  std::vector<std::string> words;
  if (open == std::string::npos || close == std::string::npos) return words;
  for (std::size_t from = open + 1; from < close;) {
    const std::size_t end = std::min(type.find(',', from), close);
    words.push_back(type.substr(from, end - from));
    from = end + 1;
  }
  return words;
}

void gather(const CLI::App& app, const std::string& path, std::vector<Command>& commands) {
  Command command;
  command.path = path;
  command.about = app.get_description();
  for (const CLI::Option* one : app.get_options()) {
    Option option;
    for (const std::string& name : one->get_snames()) option.names.push_back("-" + name);
    for (const std::string& name : one->get_lnames()) option.names.push_back("--" + name);
    option.about = one->get_description();
    option.words = words_of(*one);
    option.takes_value = one->get_expected_max() > 0;
    if (!option.names.empty()) {
      command.options.push_back(std::move(option));
      continue;
    }
    const std::string name = one->get_name(true);
    command.takes_group = command.takes_group || name == "group" || name == "subject";
    std::move(option.words.begin(), option.words.end(), std::back_inserter(command.words));
  }
  const auto below = app.get_subcommands([](const CLI::App*) { return true; });
  for (const CLI::App* one : below) command.words.push_back(one->get_name());
  commands.push_back(std::move(command));
  for (const CLI::App* one : below) {
    gather(*one, path + (path.empty() ? "" : " ") + one->get_name(), commands);
  }
}

std::vector<Command> commands_of(const CLI::App& app) {
  std::vector<Command> commands;
  gather(app, {}, commands);
  return commands;
}

std::string joined_names(const Command& command) {
  std::vector<std::string> names;
  for (const Option& option : command.options) {
    names.insert(names.end(), option.names.begin(), option.names.end());
  }
  return fmt::format("{}", fmt::join(names, " "));
}

/// A text within single quotes of a shell.
std::string shell_text(std::string_view text) {
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

std::string bash(const std::vector<Command>& commands) {
  std::string options;
  std::string words;
  std::string values;
  for (const Command& command : commands) {
    const std::string path = shell_text(command.path);
    options += fmt::format("    {}) options={} ;;\n", path, shell_text(joined_names(command)));
    std::string list = shell_text(fmt::format("{}", fmt::join(command.words, " ")));
    if (command.takes_group) list = fmt::format("\"$({})\"", groups_of_daemon);
    words += fmt::format("    {}) words={} ;;\n", path, list);
    for (const Option& option : command.options) {
      if (!option.takes_value) continue;
      for (const std::string& name : option.names) {
        values +=
            fmt::format("    {}) values={}; takes=1 ;;\n", shell_text(command.path + " " + name),
                        shell_text(fmt::format("{}", fmt::join(option.words, " "))));
      }
    }
  }
  return fmt::format(R"(# bash completion for settlectl: source <(settlectl completion bash)
_settlectl() {{
  local word="${{COMP_WORDS[COMP_CWORD]}}" before="${{COMP_WORDS[COMP_CWORD-1]}}"
  local path="" next options="" words="" values="" takes="" i
  local known={}
  for ((i = 1; i < COMP_CWORD; i++)); do
    next="${{path:+$path }}${{COMP_WORDS[i]}}"
    [[ $known == *"|$next|"* ]] && path="$next"
  done
  case "$path $before" in
{}  esac
  if [[ -n $takes ]]; then
    if [[ -n $values ]]; then
      mapfile -t COMPREPLY < <(compgen -W "$values" -- "$word")
    else
      mapfile -t COMPREPLY < <(compgen -f -- "$word")
    fi
    return
  fi
  case "$path" in
{}  esac
  if [[ $word == -* ]]; then
    mapfile -t COMPREPLY < <(compgen -W "$options" -- "$word")
    return
  fi
  case "$path" in
{}  esac
  mapfile -t COMPREPLY < <(compgen -W "$words" -- "$word")
  if [[ -z $words ]]; then mapfile -t COMPREPLY < <(compgen -f -- "$word"); fi
}}
complete -o filenames -F _settlectl settlectl
)",
                     shell_text([&] {
                       std::string all = "|";
                       for (const Command& command : commands) all += command.path + "|";
                       return all;
                     }()),
                     values, options, words);
}

/// Within an option or word of zsh's _arguments, colons and brackets have a meaning.
std::string zsh_text(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (c == ':' || c == '[' || c == ']' || c == '\\') out += '\\';
    out += c;
  }
  return out;
}

std::string zsh(const std::vector<Command>& commands) {
  std::string cases;
  std::string known = "|";
  for (const Command& command : commands) {
    known += command.path + "|";
    std::string lines;
    for (const Option& option : command.options) {
      const std::string takes = !option.takes_value ? ""
                                : option.words.empty()
                                    ? ":value:_files"
                                    : fmt::format(":value:({})", fmt::join(option.words, " "));
      for (const std::string& name : option.names) {
        lines += " " + shell_text(fmt::format("{}[{}]{}", name, zsh_text(option.about), takes));
      }
    }
    const std::string rest = command.takes_group ? fmt::format("*:group:($({}))", groups_of_daemon)
                             : command.words.empty()
                                 ? "*:file:_files"
                                 : fmt::format("*:word:({})", fmt::join(command.words, " "));
    const std::string quoted = command.takes_group ? "\"" + rest + "\"" : shell_text(rest);
    cases += fmt::format("    {}) _arguments{} {} ;;\n", shell_text(command.path), lines, quoted);
  }
  return fmt::format(R"(#compdef settlectl
# zsh completion for settlectl: source <(settlectl completion zsh)
_settlectl() {{
  local -a below
  local way="" next i known={}
  for ((i = 2; i < CURRENT; i++)); do
    next="${{way:+$way }}${{words[i]}}"
    if [[ $known == *"|$next|"* ]]; then way="$next"; below=($i); fi
  done
  if [[ -n $way ]]; then
    words=("${{words[@]:$((below[1] - 1))}}")
    CURRENT=$((CURRENT - below[1] + 1))
  fi
  case "$way" in
{}  esac
}}
compdef _settlectl settlectl
)",
                     shell_text(known), cases);
}

std::string fish(const std::vector<Command>& commands) {
  std::string out =
      "# fish completion for settlectl: settlectl completion fish | source\n"
      "complete -c settlectl -f\n";
  for (const Command& command : commands) {
    std::string when = "__fish_use_subcommand";
    if (!command.path.empty()) {
      when = "__fish_seen_subcommand_from " + command.path.substr(command.path.rfind(' ') + 1);
    }
    for (const Option& option : command.options) {
      std::string names;
      for (const std::string& name : option.names) {
        names += name.starts_with("--") ? " -l " + name.substr(2) : " -s " + name.substr(1);
      }
      std::string takes = option.takes_value ? " -r" : "";
      if (option.takes_value && option.words.empty()) takes += "F";
      if (!option.words.empty()) {
        takes += " -a " + shell_text(fmt::format("{}", fmt::join(option.words, " ")));
      }
      out += fmt::format("complete -c settlectl -n {}{}{} -d {}\n", shell_text(when), names, takes,
                         shell_text(option.about));
    }
    if (command.takes_group) {
      out += fmt::format("complete -c settlectl -n {} -a {}\n", shell_text(when),
                         shell_text(fmt::format("({})", groups_of_daemon)));
    } else if (command.words.empty()) {
      out += fmt::format("complete -c settlectl -n {} -F\n", shell_text(when));
    }
  }
  for (const Command& command : commands) {
    if (command.path.empty()) continue;
    const std::size_t space = command.path.rfind(' ');
    const std::string when = space == std::string::npos
                                 ? "__fish_use_subcommand"
                                 : "__fish_seen_subcommand_from " + command.path.substr(0, space);
    out += fmt::format("complete -c settlectl -n {} -a {} -d {}\n", shell_text(when),
                       command.path.substr(space + 1), shell_text(command.about));
  }
  return out;
}

}  // namespace

void add_completion(CLI::App& app, Run& run) {
  CLI::App* command =
      app.add_subcommand("completion", "What a shell needs to complete these commands");
  const auto shell = std::make_shared<std::string>();
  command->add_option("shell", *shell, "bash, zsh or fish")
      ->required()
      ->check(CLI::IsMember({"bash", "zsh", "fish"}));
  command->callback([&run, &app, shell] {
    run = [&app, shell] {
      const std::vector<Command> commands = commands_of(app);
      fmt::print("{}", *shell == "bash"  ? bash(commands)
                       : *shell == "zsh" ? zsh(commands)
                                         : fish(commands));
      return Exit::ok;
    };
  });
}

}  // namespace settle

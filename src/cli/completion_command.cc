#include <fmt/format.h>

#include "cli/commands.h"

namespace ingot::cli {
namespace {

/// Returns all words that may follow a command: its subcommands and its flags.
std::string Words(const CLI::App& command) {
  std::string words;
  for (const auto* sub : command.get_subcommands({})) words += sub->get_name() + " ";
  for (const auto* option : command.get_options())
    for (const std::string& name : option->get_lnames()) words += "--" + name + " ";
  return words;
}

void Cases(const CLI::App& command, const std::string& path, std::string& script) {
  script += fmt::format("    \"{}\") words=\"{}\" ;;\n", path, Words(command));
  for (const auto* sub : command.get_subcommands({})) Cases(*sub, path + " " + sub->get_name(), script);
}

Status Print(const CLI::App& app, const std::string& shell) {
  std::string cases;
  Cases(app, "ingot", cases);
  if (shell == "zsh") fmt::print("autoload -U +X bashcompinit && bashcompinit\n");
  fmt::print(R"(_ingot() {{
  local path=ingot word words
  for word in "${{COMP_WORDS[@]:1:COMP_CWORD-1}}"; do
    case $word in -*) ;; *) path="$path $word" ;; esac
  done
  while :; do
    words=
    case $path in
{}    esac
    [ -n "$words" ] && break
    case $path in *" "*) path=${{path% *}} ;; *) break ;; esac
  done
  COMPREPLY=($(compgen -W "$words" -- "${{COMP_WORDS[COMP_CWORD]}}"))
  [ ${{#COMPREPLY[@]}} -gt 0 ] || COMPREPLY=($(compgen -f -- "${{COMP_WORDS[COMP_CWORD]}}"))
}}
complete -F _ingot ingot
)",
             cases);
  return {};
}

}  // namespace

void AddCompletion(CLI::App& app, Shared& shared) {
  auto* command = app.add_subcommand("completion", "Print a script that completes commands and flags in a shell");
  auto shell = std::make_shared<std::string>("bash");
  command->add_option("shell", *shell, "bash or zsh")->check(CLI::IsMember({"bash", "zsh"}))->capture_default_str();
  command->footer("Example:\n  source <(ingot completion bash)");
  command->callback([&app, &shared, shell] { shared.command = [&app, shell] { return Print(app, *shell); }; });
}

}  // namespace ingot::cli

// `stom strategy`: what strategies there are, what one can be told, and a new one from a template.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cctype>
#include <fstream>
#include <memory>

#include "command.hpp"
#include "plugin_build.hpp"
#include "strategies/plugin_loader.hpp"
#include "strategies/registry.hpp"
#include "strategy_folder.hpp"
#include "strategy_import.hpp"
#include "strategy_templates.hpp"

namespace stom {
namespace {

namespace fs = std::filesystem;

/// A strategy made without values only declares its parameters.
std::vector<ParameterInfo> parameters_of(const StrategyEntry& entry) {
  Parameters parameters;
  static_cast<void>(make_strategy(entry, parameters));  // one that throws has declared what it came to
  return parameters.declared();
}

std::string json_of(const StrategyEntry& entry, const Plugin* plugin = nullptr) {
  std::string text = fmt::format("{{\"name\":{},\"about\":{},", json_string(entry.name), json_string(entry.about()));
  if (plugin != nullptr) {
    text += fmt::format("\"plugin\":{},\"sha256\":{},", json_string(plugin->file.filename().string()),
                        json_string(plugin->sha256));
  }
  text += "\"parameters\":[";
  const char* comma = "";
  for (const auto& p : parameters_of(entry)) {
    text += fmt::format("{}{{\"name\":{},\"type\":{},\"default\":{},\"range\":{},\"meaning\":{}}}", comma,
                        json_string(p.name), json_string(p.type), json_string(p.default_value), json_string(p.range),
                        json_string(p.meaning));
    comma = ",";
  }
  return text + "]}";
}

/// The plug-ins of STOM_HOME/plugins. One that cannot be used is named on stderr and left out.
std::vector<const Plugin*> installed_plugins(const Session& session) {
  std::vector<const Plugin*> plugins;
  for (const auto& file : plugin_files(session.home / "plugins")) {
    if (const auto plugin = load_plugin(file)) {
      plugins.push_back(*plugin);
    } else {
      say(session, fmt::format("left out: {}\n  hint: {}", plugin.error().message, plugin.error().hint));
    }
  }
  return plugins;
}

int list_strategies(const Session& session) {
  const auto plugins = installed_plugins(session);
  if (session.json) {
    std::string text;
    for (const auto& entry : built_in_strategies()) text += (text.empty() ? "" : ",") + json_of(entry);
    for (const Plugin* plugin : plugins) {
      for (const auto& entry : plugin->strategies) text += "," + json_of(entry, plugin);
    }
    for (const std::string& name : folder_strategies(session.home))
      text +=
          fmt::format(R"(,{{"name":{},"about":"a pair of condition texts","strategy":"conditions","parameters":[]}})",
                      json_string(name));
    fmt::print("{{\"strategies\":[{}]}}\n", text);
    return kOk;
  }
  const char* row = session.plain ? "{}\t{}\n" : "{:<20} {}\n";
  if (session.plain) fmt::print("name\tabout\n");
  for (const auto& entry : built_in_strategies()) fmt::print(fmt::runtime(row), entry.name, entry.about());
  for (const Plugin* plugin : plugins) {
    for (const auto& entry : plugin->strategies) {
      fmt::print(fmt::runtime(row), entry.name,
                 fmt::format("{} (plug-in {})", entry.about(), plugin->file.filename().string()));
    }
  }
  for (const std::string& name : folder_strategies(session.home))
    fmt::print(fmt::runtime(row), name, "a pair of condition texts in strategies/");
  return kOk;
}

int show_folder(const Session& session, const fs::path& folder) {
  const auto parameters = folder_parameters(folder);
  if (!parameters) return report_error(session, parameters.error());
  std::string json;
  for (const std::string& parameter : *parameters) {
    const std::size_t at = parameter.find('=');
    json += fmt::format("{}{}:{}", json.empty() ? "" : ",", json_string(parameter.substr(0, at)),
                        json_string(parameter.substr(at + 1)));
    if (!session.json) fmt::print("{}\n", parameter);
  }
  if (session.json)
    fmt::print("{{\"name\":{},\"strategy\":\"conditions\",\"parameters\":{{{}}}}}\n",
               json_string(folder.filename().string()), json);
  return kOk;
}

int show_strategy(const Session& session, const std::string& name) {
  if (const auto folder = strategy_folder(name, session.home)) return show_folder(session, *folder);
  const auto choice = choose_strategy(name, {}, session.home / "plugins");
  if (!choice) return report_error(session, choice.error());
  const StrategyEntry* entry = choice->entry;
  if (session.json) {
    fmt::print("{}\n", json_of(*entry, choice->plugin));
    return kOk;
  }
  const char* row = session.plain ? "{}\t{}\t{}\t{}\t{}\n" : "{:<16} {:<9} {:<10} {:<18} {}\n";
  if (!session.plain) fmt::print("{}: {}\n\n", entry->name, entry->about());
  fmt::print(fmt::runtime(row), "parameter", "type", "default", "range", "meaning");
  for (const auto& p : parameters_of(*entry))
    fmt::print(fmt::runtime(row), p.name, p.type, p.default_value, p.range, p.meaning);
  if (!session.plain) fmt::print("\nfor example: stom backtest run --strategy {} --instrument ID\n", entry->name);
  return kOk;
}

struct NewOptions {
  std::string name;
  std::string from = "bars";
  std::string folder = "src/strategies";
};

/// "my_idea" -> "MyIdea".
std::string class_name(const std::string& name) {
  std::string result;
  bool upper = true;
  for (const char c : name) {
    if (c != '_') result += upper ? static_cast<char>(std::toupper(static_cast<unsigned char>(c))) : c;
    upper = c == '_';
  }
  return result;
}

bool is_name(const std::string& name) {
  if (name.empty() || name[0] < 'a' || name[0] > 'z') return false;
  return name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_") == std::string::npos;
}

std::string filled_in(std::string text, const std::string& name) {
  for (const auto& [mark, value] : {std::pair{std::string{"@Class@"}, class_name(name)}, {"@name@", name}}) {
    for (std::size_t at = 0; (at = text.find(mark, at)) != std::string::npos; at += value.size())
      text.replace(at, mark.size(), value);
  }
  return text;
}

Result<void> write_file(const fs::path& path, const std::string& text) {
  std::ofstream file{path};
  file << text;
  file.close();
  if (file.fail()) return fail(Errc::Io, fmt::format("cannot write {}", path.string()), "--dir names another folder");
  return {};
}

Result<std::vector<fs::path>> write_strategy(const NewOptions& options) {
  if (!is_name(options.name))
    return fail(Errc::Usage, fmt::format("'{}' is no name for a strategy", options.name),
                "lower case letters, digits and _, a letter first, as in night_breakout");
  if (find_strategy(options.name) != nullptr)
    return fail(Errc::Usage, fmt::format("there is a strategy named {} already", options.name), "choose another name");
  const auto* chosen = find_template(options.from);
  if (chosen == nullptr)
    return fail(Errc::Usage, fmt::format("there is no template named {}", options.from), template_names());
  const fs::path folder{options.folder};
  std::error_code error;
  if (!fs::is_directory(folder, error))
    return fail(Errc::NotFound, fmt::format("there is no folder {}", folder.string()),
                "call it in the root of the source tree, or name a folder: --dir FOLDER");
  const std::vector<fs::path> files{folder / (options.name + ".cpp"), folder / (options.name + "_test.cpp")};
  for (const auto& file : files)
    if (fs::exists(file, error))
      return fail(Errc::Usage, fmt::format("{} is there already", file.string()), "move it away first");
  for (const auto& [file, text] : {std::pair{files[0], chosen->source}, {files[1], chosen->test}})
    if (const auto written = write_file(file, filled_in(text, options.name)); !written)
      return std::unexpected(written.error());
  return files;
}

int new_strategy(const Session& session, const NewOptions& options) {
  const auto files = write_strategy(options);
  if (!files) return report_error(session, files.error());
  if (session.json) {
    fmt::print("{{\"files\":[{},{}],\"registry_line\":{}}}\n", json_string((*files)[0].string()),
               json_string((*files)[1].string()), json_string(fmt::format("X({})", options.name)));
    return kOk;
  }
  fmt::print("wrote {}\nwrote {}\n", (*files)[0].string(), (*files)[1].string());
  std::error_code ignored;
  const bool in_the_tree = fs::exists(fs::path{options.folder} / "registry.cpp", ignored);
  say(session, in_the_tree ? fmt::format("next: add X({}) to the list in {}/registry.cpp, in order of name, then\n"
                                         "  cmake --build build/dev --target stom strategies_test && "
                                         "build/dev/tests/strategies_test",
                                         options.name, options.folder)
                           : fmt::format("next: stom strategy build {}", (*files)[0].string()));
  return kOk;
}

}  // namespace

void add_strategy_command(CLI::App& app, Session& session) {
  auto* strategy =
      app.add_subcommand("strategy", "Strategies: what there is, what they take, a new one")->group("Research");

  auto* list = strategy->add_subcommand("list", "All strategies, a line each");
  examples(*list, {"stom strategy list", "stom strategy list --json"});
  list->callback([&session] { session.status = list_strategies(session); });

  auto* show = strategy->add_subcommand("show", "The parameters of one: type, default, range, meaning");
  auto name = std::make_shared<std::string>();
  show->add_option("name", *name, "strategy, or the file of a plug-in")->required();
  examples(*show, {"stom strategy show ema_cross", "stom strategy show pairs --json"});
  show->callback([&session, name] { session.status = show_strategy(session, *name); });

  add_strategy_build(*strategy, session);
  add_strategy_import(*strategy, session);

  auto* create =
      strategy->add_subcommand("new", "Writes the source and the test of a new strategy that already trades");
  auto options = std::make_shared<NewOptions>();
  create->add_option("name", options->name, "its name, such as night_breakout")->required();
  create->add_option("--template", options->from, "what to start from: bars, book")->capture_default_str();
  create->add_option("--dir", options->folder, "where to write")->capture_default_str();
  examples(*create, {"stom strategy new night_breakout", "stom strategy new queue_hunter --template book --dir /tmp"});
  create->callback([&session, options] { session.status = new_strategy(session, *options); });
  // After its commands: they would inherit the examples.
  examples(*strategy,
           {"stom strategy list", "stom strategy show ema_cross", "stom strategy new night_breakout --dir ."});
}

}  // namespace stom

#include "app/ctl/arguments.hpp"

#include "adapters/config/error.hpp"

namespace ioc::ctl {

std::string usage(command_spec const& spec) {
  std::string s = "iocctl " + spec.words;
  for (auto const& o : spec.operands) s += " " + o;
  for (auto const& o : spec.required) s += " --" + o + " …";
  for (auto const& o : spec.optional) s += " [--" + o + " …]";
  for (auto const& f : spec.flags) s += " [--" + f + "]";
  return s + " [--json]";
}

arguments parse_arguments(command_spec const& spec, std::vector<std::string> const& rest) {
  arguments a;
  for (std::size_t i = 0; i < rest.size(); ++i) {
    auto const& word = rest[i];
    if (!word.starts_with("--")) {
      a.operands.push_back(word);
      continue;
    }
    auto const equals = word.find('=');
    auto const name = word.substr(2, equals == std::string::npos ? std::string::npos : equals - 2);
    if (name == "json") a.json = true;
    else if (spec.flags.contains(name)) a.flags.insert(name);
    else if (spec.required.contains(name) || spec.optional.contains(name)) {
      if (equals != std::string::npos) a.options[name] = word.substr(equals + 1);
      else if (i + 1 < rest.size()) a.options[name] = rest[++i];
      else throw usage_error("--" + name + " needs a value: " + usage(spec));
    } else {
      std::vector<std::string> known{"json", "help"};
      for (auto const* set : {&spec.required, &spec.optional, &spec.flags}) known.insert(known.end(), set->begin(), set->end());
      auto const near = config::nearest(name, known);
      throw usage_error("--" + name + " is not known here; " + (near.empty() ? usage(spec) : "did you mean --" + near + "?"));
    }
  }
  if (a.operands.size() != spec.operands.size())
    throw usage_error(std::to_string(a.operands.size()) + " operands are given, " + std::to_string(spec.operands.size()) + " expected: " + usage(spec));
  for (auto const& name : spec.required)
    if (!a.options.contains(name)) throw usage_error("--" + name + " is missing: " + usage(spec));
  return a;
}

}  // namespace ioc::ctl

#pragma once
#include <boost/json.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace ioc::perceive {

// The part of Home Assistant's templates that devices use to pick a value out of a message: {{ value_json.a['b'].c | float / 10 | round(1) }},
// {{ value }}, arithmetic, comparisons, 'x' if … else 'y', the filters float int round abs default lower upper trim string is_defined.
// A default never stands for a missing value: missing is missing. No statements ({% … %}), no calls beyond these.
struct template_result {
  bool understood = true;
  std::optional<boost::json::value> v;  // nothing: the message holds no such value
};

// `parsed` is the payload as JSON, null when it is none. An empty template is the payload itself. At most 1,024 characters, 32 brackets deep.
template_result evaluate_template(std::string_view text, std::string_view payload, boost::json::value const* parsed);

}  // namespace ioc::perceive

#pragma once
#include <boost/json.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace ioc::perceive {

// The part of Home Assistant's templates that devices use to pick a value out of a message: {{ value_json.a['b'].c | float / 10 | round(1) }},
// {{ value }}, arithmetic, comparisons, `in`, 'x' if … else 'y', {% if %}/{% elif %}/{% else %}/{% endif %}, {% set %}, the filters and
// functions float int round abs default lower upper trim string replace bool iif is_defined. No loops, no calls beyond these.
// A default never stands for a missing value: missing is missing.
struct template_result {
  bool understood = true;
  std::optional<boost::json::value> v;  // nothing: the message holds no such value
  std::string problem;                  // what is not understood, and where
};

// A value as Home Assistant would print it: True and False, texts without quotes, whole numbers without a point.
std::string template_text(boost::json::value const& v);

// `parsed` is the payload as JSON, null when it is none. An empty template is the payload itself. At most 1,024 characters, 32 brackets and
// 8 statements deep, 4,096 characters of result.
template_result evaluate_template(std::string_view text, std::string_view payload, boost::json::value const* parsed);

}  // namespace ioc::perceive

#pragma once
#include "core/advice.hpp"
#include "core/alert.hpp"
#include "core/command.hpp"
#include "pipeline/operation.hpp"
#include "pipeline/unit_machine.hpp"

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace ioc::app {

// Our words as the JSON of proto/README.md. Pure.
std::string to_wire(core::alert const& a, pipeline::unit_machine const& unit, bool unsaved = false);
std::string to_wire(core::action const& a, pipeline::unit_machine const& unit);
std::string to_wire(core::task const& t);
std::string to_wire(core::recommendation const& r);
std::string rules_json(pipeline::unit_config const& c);

// The decision card of an open alert as this role sees it at `now`.
std::string advice_json(core::alert const& a, pipeline::unit_machine const& unit, std::string const& role, core::time_point now);

// The payload of ioc/v1/{unit}/{target}/command (or drill).
std::string to_wire(core::command_send const& s);

// An operation as the text of its journal record, and back; nothing for a text that is none.
std::string to_record(pipeline::operation const& op);
std::optional<pipeline::operation> operation_from(std::string_view text);

// {"a": 1, "b": "x"} with flat values only; nothing otherwise.
std::optional<core::arguments> arguments_from(boost::json::object const& o);

// JSON text with numbers as people write them (3.62, not Boost's 3.62E0).
std::string written(boost::json::value const& v);

boost::json::value json_of(core::value const& v);
boost::json::object json_of(core::localized const& l);
boost::json::object json_of(core::arguments const& args);

}  // namespace ioc::app

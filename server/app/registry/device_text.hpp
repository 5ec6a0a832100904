#pragma once
#include "pipeline/device_registry.hpp"

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ioc::app {

// Registered devices as the JSON of proto/README.md ("Registry"), of the journal's records and of the database. Pure.

// Every field of a device; what is not set is null or empty.
boost::json::object to_json(core::device const& d);

// Sets the fields that stand in `o` and leaves the others; null or "" takes a field back. `unit` and `id` are not read. Answers what
// is wrong as "field: reason", or nothing; then `d` may be half changed.
std::string merge_fields(core::device& d, boost::json::object const& o);

// The same for one field given as text, as a cell of a table holds it: lists with '|', calibration as name=number|name=number.
// `comma` = a decimal comma is meant. Unknown field: says so.
std::string merge_cell(core::device& d, std::string const& field, std::string const& text, bool comma);
std::vector<std::string> const& device_fields();

boost::json::object to_json(pipeline::registry_change const& c);
std::optional<pipeline::registry_change> change_from(boost::json::value const& v);

boost::json::object to_json(pipeline::registry_entry const& e);
std::optional<pipeline::registry_entry> entry_from(boost::json::value const& v, core::device_ref const& ref);

boost::json::object to_json(pipeline::change_result const& r);
std::string_view to_text(pipeline::account_state s);

}  // namespace ioc::app

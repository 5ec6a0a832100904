#pragma once
#include "core/observation.hpp"
#include "perceive/device_model.hpp"
#include "perceive/latest_values.hpp"
#include "perceive/metric_table.hpp"

#include <functional>
#include <string>

namespace ioc::perceive {

// What a reading means beside the one before it in its series. Both are asked in the order of arrival for the screens, and in the order
// of event time for sources whose records are put in order (reorder.hpp).

// A value that its quantity's physics does not allow is suspect: too fast a change since the one before, or none at all for too long.
// `info` null = the quantity is not in the metric table.
void weigh_quality(metric_info const* info, latest_value const& before, core::reading& r);

// Adds the events that the model sees in boolean readings which have changed. `before`: a series as it stood before, null for none.
void model_events(device_model const& model, std::function<latest_value const*(std::string const& metric)> const& before, core::observation& o);

// Makes `r` the newest value of its series.
void take_over(latest_value& newest, core::reading const& r, core::time_point known_at);

}  // namespace ioc::perceive

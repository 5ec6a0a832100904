#pragma once
#include "alert/rule.hpp"
#include "alert/state.hpp"

#include <optional>

namespace ioc::alert {

// The two conditions of a rule as they stand at an instant, and the number that was judged. "No value yet" makes both false.
struct verdict {
  bool raise = false;
  bool clear = false;
  std::optional<double> value;
};

// Window rules, judged at a sample of their metric (the series' last point). Windows are (t - w, t].
std::optional<double> window_sum(series_state const& s, core::duration window);
std::optional<double> window_rate(series_state const& s, core::duration window);
// max - min of the samples in the window; nothing with fewer than `min_samples`.
std::optional<double> window_span(series_state const& s, core::duration window, int min_samples);
// Of an even number the mean of the middle two; `values` must not be empty.
double median(std::vector<double> values);

// Compares one number with both conditions of the rule; without a clear condition, clear = not raise.
verdict compare(rule const& r, std::optional<double> value);

}  // namespace ioc::alert

#include "alert/conditions.hpp"

#include <algorithm>

namespace ioc::alert {

std::optional<double> window_sum(series_state const& s, core::duration window) {
  if (s.points.empty()) return std::nullopt;
  auto const from = s.points.back().t - window;
  double sum = 0;
  for (auto p = s.points.rbegin(); p != s.points.rend() && p->t > from; ++p) sum += p->v;
  return sum;
}

std::optional<double> window_rate(series_state const& s, core::duration window) {
  if (s.points.empty()) return std::nullopt;
  auto const from = s.points.back().t - window;
  for (auto p = s.points.rbegin(); p != s.points.rend(); ++p)
    if (p->t <= from) return s.points.back().v - p->v;
  return std::nullopt;
}

std::optional<double> window_span(series_state const& s, core::duration window, int min_samples) {
  if (s.points.empty()) return std::nullopt;
  auto const from = s.points.back().t - window;
  double low = s.points.back().v, high = low;
  int n = 0;
  for (auto p = s.points.rbegin(); p != s.points.rend() && p->t > from; ++p, ++n) {
    low = std::min(low, p->v);
    high = std::max(high, p->v);
  }
  if (n < min_samples) return std::nullopt;
  return high - low;
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  auto const n = values.size();
  return n % 2 ? values[n / 2] : (values[n / 2 - 1] + values[n / 2]) / 2;
}

verdict compare(rule const& r, std::optional<double> value) {
  if (!value) return {};
  verdict v;
  v.value = value;
  v.raise = core::holds(*value, r.op, r.value);
  v.clear = r.clear ? core::holds(*value, r.clear->op, r.clear->value) : !v.raise;
  return v;
}

}  // namespace ioc::alert

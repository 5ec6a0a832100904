#pragma once
#include <optional>
#include <string_view>

namespace ioc::perceive {

// `v` of UCUM unit `from` in unit `to`. Nothing when the two measure different things or one is unknown. The codes of
// config/metrics.yaml and their usual relatives (mm, cm, kW, [degF], mm[Hg] …); "degC", "ppm", "%/m" and the like, which
// people write instead of UCUM, are understood too. Exact where the factor is a power of ten.
std::optional<double> convert(double v, std::string_view from, std::string_view to);

}  // namespace ioc::perceive

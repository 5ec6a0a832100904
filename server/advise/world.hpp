#pragma once
#include "core/ids.hpp"

#include <optional>
#include <string>
#include <vector>

namespace ioc::advise {

// What advice needs to know of the rest of the unit; the pipeline answers it from the rooms' state.
class world {
 public:
  virtual ~world() = default;
  virtual bool offline(std::string const& target) const = 0;
  virtual std::optional<double> latest(std::string const& device, std::string const& metric) const = 0;
  virtual bool alert_active(core::uuid id) const = 0;
  virtual bool rule_active(std::string const& rule, std::string const& zone) const = 0;
  virtual std::vector<std::string> missed(std::string const& broadcast) const = 0;  // targets that have not succeeded
};

}  // namespace ioc::advise

#pragma once
#include "adapters/web/problem.hpp"
#include "adapters/web/request.hpp"

#include <string>
#include <vector>

namespace ioc::web {

// Files of one directory, read-only. A path is walked name by name without following symbolic links, so nothing outside
// the directory can be reached; names that begin with a dot are not there. A neighbour "{file}.gz" is sent to clients
// that take gzip. Blocking; thread-safe.
class static_files {
 public:
  explicit static_files(std::string root) : root_(std::move(root)) {}
  // `relative` holds decoded segments. Throws the 404 problem; answers 304 to a matching If-None-Match.
  response get(std::vector<std::string> const& relative, request const& r, std::string const& cache_control) const;

 private:
  std::string root_;
};

}  // namespace ioc::web

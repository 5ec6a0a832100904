#pragma once
#include "core/unit.hpp"

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace ioc::app {

// A table of devices as people keep it in a spreadsheet. Separator ',' ';' or tab, as the first line has it; UTF-8 with or without
// BOM; "quoted, with ""quotes"" and line ends"; line ends LF or CRLF. With ';' a decimal comma is understood. Pure.
struct table_row {
  int line = 0;  // where it begins, from 1
  core::device device;
  std::string fault;  // empty = it can be read
};

struct device_table {
  std::string fault;  // the file as a whole cannot be read: nothing else is filled
  std::vector<table_row> rows;
};

// `now` answers the device as it is registered, so that columns which the file does not have keep their values; a cell that is empty
// takes a value back. `unit`: of rows without a column unit.
device_table read_devices(std::string_view text, std::string const& unit, std::size_t most_rows,
                          std::function<core::device const*(std::string const& unit, std::string const& device)> const& now);

}  // namespace ioc::app

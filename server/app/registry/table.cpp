#include "app/registry/table.hpp"

#include "app/registry/device_text.hpp"

#include <algorithm>
#include <map>
#include <set>

namespace ioc::app {

namespace {

struct cells {
  int line = 0;
  std::vector<std::string> values;
  bool open_quote = false;
};

bool valid_utf8(std::string_view s) {
  for (std::size_t i = 0; i < s.size();) {
    auto const c = static_cast<unsigned char>(s[i]);
    std::size_t const n = c < 0x80 ? 1 : c < 0xc2 ? 0 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : c < 0xf5 ? 4 : 0;
    if (n == 0 || i + n > s.size()) return false;
    for (std::size_t k = 1; k < n; ++k)
      if ((static_cast<unsigned char>(s[i + k]) & 0xc0) != 0x80) return false;
    i += n;
  }
  return true;
}

std::string trimmed(std::string_view s) {
  while (!s.empty() && (s.front() == ' ' || s.front() == '\t')) s.remove_prefix(1);
  while (!s.empty() && (s.back() == ' ' || s.back() == '\t')) s.remove_suffix(1);
  return std::string(s);
}

// The next record; `line` is moved behind it.
cells next_record(std::string_view& rest, char separator, int& line) {
  cells out;
  out.line = line;
  std::string cell;
  bool quoted = false, was_quoted = false;
  std::size_t i = 0;
  auto const end_cell = [&] {
    out.values.push_back(was_quoted ? cell : trimmed(cell));
    cell.clear();
    was_quoted = false;
  };
  for (; i < rest.size(); ++i) {
    char const c = rest[i];
    if (quoted) {
      if (c == '\n') ++line;
      if (c != '"') cell += c;
      else if (i + 1 < rest.size() && rest[i + 1] == '"') cell += rest[++i];
      else quoted = false;
    } else if (c == '"' && trimmed(cell).empty() && !was_quoted) {
      cell.clear();
      quoted = was_quoted = true;
    } else if (c == separator) {
      end_cell();
    } else if (c == '\n' || c == '\r') {
      if (c == '\r' && i + 1 < rest.size() && rest[i + 1] == '\n') ++i;
      ++i;
      break;
    } else if (!was_quoted || (c != ' ' && c != '\t')) {
      cell += c;
    }
  }
  out.open_quote = quoted;
  end_cell();
  ++line;
  rest.remove_prefix(i);
  return out;
}

std::string lower_ascii(std::string s) {
  for (char& c : s)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return s;
}

// Column names, and the words of a Vietnamese spreadsheet for them.
std::string field_of(std::string const& header) {
  static std::map<std::string, std::string> const more{
      {"id", "device"}, {"mã đơn vị", "unit"}, {"mã xã", "unit"}, {"mã thiết bị", "device"}, {"thiết bị", "device"}, {"tên", "name"}, {"tên thiết bị", "name"},
      {"tên tiếng anh", "name_en"}, {"loại", "type"}, {"khu vực", "zone"}, {"mẫu", "model"}, {"tên gốc", "native"}, {"tên gốc khác", "natives"},
      {"thiết bị cha", "parent"}, {"vĩ độ", "lat"}, {"kinh độ", "lon"}, {"bán kính phủ (m)", "coverage_m"}, {"chu kỳ (s)", "expected_interval_s"}, {"nhãn", "tags"},
      {"hiệu chuẩn", "calibration"}, {"biên nhận", "receipts"}};
  auto const name = lower_ascii(header);
  auto const& known = device_fields();
  if (std::find(known.begin(), known.end(), name) != known.end()) return name;
  // Only ASCII is folded: "Mã xã" and "mã xã" both come as they are written in small letters.
  auto const at = more.find(name);
  return at == more.end() ? std::string{} : at->second;
}

char separator_of(std::string_view text) {
  auto const line = text.substr(0, text.find_first_of("\r\n"));
  auto const count = [&](char c) { return std::count(line.begin(), line.end(), c); };
  if (count(';') > count(',') && count(';') >= count('\t')) return ';';
  return count('\t') > count(',') ? '\t' : ',';
}

}  // namespace

device_table read_devices(std::string_view text, std::string const& unit, std::size_t most_rows,
                          std::function<core::device const*(std::string const&, std::string const&)> const& now) {
  device_table out;
  if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
  if (!valid_utf8(text)) {
    out.fault = "the file is not UTF-8: save it as \"CSV UTF-8\"";
    return out;
  }
  char const separator = separator_of(text);
  int line = 1;
  std::vector<std::string> columns;
  while (!text.empty() && columns.empty()) {
    auto const head = next_record(text, separator, line);
    if (head.values.size() == 1 && head.values[0].empty()) continue;
    std::set<std::string> seen;
    for (auto const& h : head.values) {
      auto const field = field_of(h);
      if (field.empty()) {
        out.fault = "line " + std::to_string(head.line) + ": there is no column \"" + h + "\"";
        return out;
      }
      if (!seen.insert(field).second) {
        out.fault = "line " + std::to_string(head.line) + ": the column " + field + " stands twice";
        return out;
      }
      columns.push_back(field);
    }
    if (!seen.count("device") || (!seen.count("unit") && unit.empty())) {
      out.fault = "line " + std::to_string(head.line) + ": the columns unit and device are needed";
      return out;
    }
  }
  if (columns.empty()) {
    out.fault = "the file is empty";
    return out;
  }
  std::map<std::pair<std::string, std::string>, int> first;
  while (!text.empty()) {
    auto const r = next_record(text, separator, line);
    if (std::all_of(r.values.begin(), r.values.end(), [](auto const& v) { return v.empty(); })) continue;
    if (out.rows.size() == most_rows) {
      out.rows.clear();
      out.fault = "the file has more than " + std::to_string(most_rows) + " rows: divide it";
      return out;
    }
    table_row row;
    row.line = r.line;
    row.device.unit = unit;
    auto const cell = [&](std::size_t i) { return i < r.values.size() ? r.values[i] : std::string{}; };
    for (std::size_t i = 0; i < columns.size(); ++i) {
      if (columns[i] == "unit" && !cell(i).empty()) row.device.unit = cell(i);
      if (columns[i] == "device") row.device.id = cell(i);
    }
    if (r.open_quote) row.fault = "a quote is opened and not closed";
    else if (r.values.size() > columns.size()) row.fault = "has " + std::to_string(r.values.size()) + " cells, the first line " + std::to_string(columns.size());
    else if (row.device.id.empty()) row.fault = "device: is missing";
    else if (row.device.unit.empty()) row.fault = "unit: is missing";
    else if (auto const [at, fresh] = first.emplace(std::pair{row.device.unit, row.device.id}, row.line); !fresh)
      row.fault = "the device stands in line " + std::to_string(at->second) + " already";
    if (row.fault.empty()) {
      if (auto const* is = now(row.device.unit, row.device.id)) row.device = *is;
      for (std::size_t i = 0; i < columns.size() && row.fault.empty(); ++i)
        if (columns[i] != "unit" && columns[i] != "device") row.fault = merge_cell(row.device, columns[i], cell(i), separator == ';');
      if (row.fault.empty() && row.device.lat.has_value() != row.device.lon.has_value()) row.fault = row.device.lat ? "lon: is missing beside lat" : "lat: is missing beside lon";
    }
    out.rows.push_back(std::move(row));
  }
  return out;
}

}  // namespace ioc::app

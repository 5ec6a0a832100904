#include "app/registry/table.hpp"

#include "app/registry/device_text.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <set>

namespace ioc::app {

namespace {

struct cells {
  int line = 0;
  std::vector<std::string> values;
  bool open_quote = false;
  bool behind_quote = false;  // "abc"x
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
    } else if (!was_quoted) {
      cell += c;
    } else if (c != ' ' && c != '\t') {
      out.behind_quote = true;
    }
  }
  out.open_quote = quoted;
  end_cell();
  ++line;
  rest.remove_prefix(i);
  return out;
}

// A header as it is compared: small letters, each Vietnamese letter taken apart into its base and its marks, the marks in one order.
// Spreadsheets of macOS write "ã" as two code points (NFD), others as one (NFC).
std::u32string folded(std::string_view s) {
  constexpr char32_t grave = 0x300, acute = 0x301, hat = 0x302, tilde = 0x303, breve = 0x306, hook = 0x309, horn = 0x31b, dot = 0x323;
  struct row {
    char32_t base, shape;           // shape: of ă â ê ô ơ ư
    std::array<char32_t, 6> tones;  // none, then grave, acute, tilde, hook, dot
  };
  static constexpr row rows[] = {
      {'a', 0, {0, 0xe0, 0xe1, 0xe3, 0x1ea3, 0x1ea1}},           {'a', breve, {0x103, 0x1eb1, 0x1eaf, 0x1eb5, 0x1eb3, 0x1eb7}},
      {'a', hat, {0xe2, 0x1ea7, 0x1ea5, 0x1eab, 0x1ea9, 0x1ead}}, {'e', 0, {0, 0xe8, 0xe9, 0x1ebd, 0x1ebb, 0x1eb9}},
      {'e', hat, {0xea, 0x1ec1, 0x1ebf, 0x1ec5, 0x1ec3, 0x1ec7}}, {'i', 0, {0, 0xec, 0xed, 0x129, 0x1ec9, 0x1ecb}},
      {'o', 0, {0, 0xf2, 0xf3, 0xf5, 0x1ecf, 0x1ecd}},           {'o', hat, {0xf4, 0x1ed3, 0x1ed1, 0x1ed7, 0x1ed5, 0x1ed9}},
      {'o', horn, {0x1a1, 0x1edd, 0x1edb, 0x1ee1, 0x1edf, 0x1ee3}}, {'u', 0, {0, 0xf9, 0xfa, 0x169, 0x1ee7, 0x1ee5}},
      {'u', horn, {0x1b0, 0x1eeb, 0x1ee9, 0x1eef, 0x1eed, 0x1ef1}}, {'y', 0, {0, 0x1ef3, 0xfd, 0x1ef9, 0x1ef7, 0x1ef5}}};
  static constexpr char32_t tones[] = {0, grave, acute, tilde, hook, dot};
  static auto const apart = [] {
    std::map<char32_t, std::u32string> out;
    for (auto const& r : rows)
      for (std::size_t i = 0; i < r.tones.size(); ++i) {
        if (r.tones[i] == 0) continue;
        std::u32string parts(1, r.base);
        if (r.shape) parts += r.shape;
        if (tones[i]) parts += tones[i];
        out[r.tones[i]] = parts;
      }
    return out;
  }();
  std::u32string out;
  for (std::size_t i = 0; i < s.size();) {
    auto const c = static_cast<unsigned char>(s[i]);
    std::size_t const n = c < 0x80 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;  // the file is known to be UTF-8
    char32_t p = n == 1 ? c : c & (0xffu >> (n + 1));
    for (std::size_t k = 1; k < n; ++k) p = p << 6 | (static_cast<unsigned char>(s[i + k]) & 0x3fu);
    i += n;
    if ((p >= 'A' && p <= 'Z') || (p >= 0xc0 && p <= 0xdd)) p += 0x20;
    else if (p == 0x1af || ((p == 0x102 || p == 0x110 || p == 0x128 || p == 0x168 || p == 0x1a0 || (p >= 0x1ea0 && p <= 0x1ef9)) && p % 2 == 0)) ++p;
    auto const at = apart.find(p);
    if (at == apart.end()) out += p;
    else out += at->second;
  }
  auto const is_mark = [](char32_t p) { return p >= 0x300 && p < 0x370; };
  for (auto at = out.begin(); at != out.end();) {
    at = std::find_if(at, out.end(), is_mark);
    auto const end = std::find_if_not(at, out.end(), is_mark);
    std::sort(at, end);
    at = end;
  }
  return out;
}

// Column names, and the words of a Vietnamese spreadsheet for them.
std::string field_of(std::string const& header) {
  static std::map<std::string, std::string> const more{
      {"id", "device"}, {"mã đơn vị", "unit"}, {"mã xã", "unit"}, {"mã thiết bị", "device"}, {"thiết bị", "device"}, {"tên", "name"}, {"tên thiết bị", "name"},
      {"tên tiếng anh", "name_en"}, {"loại", "type"}, {"khu vực", "zone"}, {"mẫu", "model"}, {"tên gốc", "native"}, {"tên gốc khác", "natives"},
      {"thiết bị cha", "parent"}, {"vĩ độ", "lat"}, {"kinh độ", "lon"}, {"bán kính phủ (m)", "coverage_m"}, {"chu kỳ (s)", "expected_interval_s"}, {"nhãn", "tags"},
      {"hiệu chuẩn", "calibration"}, {"biên nhận", "receipts"}};
  static auto const known = [] {
    std::map<std::u32string, std::string> out;
    for (auto const& f : device_fields()) out[folded(f)] = f;
    for (auto const& [word, f] : more) out[folded(word)] = f;
    return out;
  }();
  auto const at = known.find(folded(header));
  return at == known.end() ? std::string{} : at->second;
}

// Excel's own first line `sep=;` names the separator; it is taken out of `text`.
std::optional<char> told_separator(std::string_view& text, int& line) {
  auto const end = text.find_first_of("\r\n");
  auto first = text.substr(0, end);
  if (first.size() >= 2 && first.front() == '"' && first.back() == '"') first = first.substr(1, first.size() - 2);
  if (first.size() != 5 || folded(first.substr(0, 4)) != U"sep=") return std::nullopt;
  char const told = first[4];
  if (told != ';' && told != ',' && told != '\t' && told != '|') return std::nullopt;
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + (text.substr(end).starts_with("\r\n") ? 2 : 1));
  ++line;
  return told;
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
  int line = 1;
  auto const told = told_separator(text, line);
  char const separator = told ? *told : separator_of(text);
  std::vector<std::string> columns;
  while (!text.empty() && columns.empty()) {
    auto head = next_record(text, separator, line);
    // Excel writes columns that were used once and are empty now.
    while (!head.values.empty() && head.values.back().empty()) head.values.pop_back();
    if (head.values.empty()) continue;
    if (head.open_quote || head.behind_quote) {
      out.fault = "line " + std::to_string(head.line) + ": " + (head.open_quote ? "a quote is opened and not closed" : "text stands behind a closing quote");
      return out;
    }
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
    auto r = next_record(text, separator, line);
    if (std::all_of(r.values.begin(), r.values.end(), [](auto const& v) { return v.empty(); })) continue;
    if (out.rows.size() == most_rows) {
      out.rows.clear();
      out.fault = "the file has more than " + std::to_string(most_rows) + " rows: divide it";
      return out;
    }
    while (r.values.size() > columns.size() && r.values.back().empty()) r.values.pop_back();
    table_row row;
    row.line = r.line;
    row.device.unit = unit;
    auto const cell = [&](std::size_t i) { return i < r.values.size() ? r.values[i] : std::string{}; };
    for (std::size_t i = 0; i < columns.size(); ++i) {
      if (columns[i] == "unit" && !cell(i).empty()) row.device.unit = cell(i);
      if (columns[i] == "device") row.device.id = cell(i);
    }
    if (r.open_quote) row.fault = "a quote is opened and not closed";
    else if (r.behind_quote) row.fault = "text stands behind a closing quote";
    // Not taken as empty cells: they would take back what the device has.
    else if (r.values.size() != columns.size()) row.fault = std::to_string(r.values.size()) + " cells, the header has " + std::to_string(columns.size());
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

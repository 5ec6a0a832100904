#include "vectors_file.hpp"

#include "perceive/json_read.hpp"

#include <fstream>
#include <map>
#include <stdexcept>

namespace ioc::fuzz {
namespace {

std::string base64(std::string_view in) {
  static constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  std::uint32_t bits = 0;
  int have = 0;
  for (char const c : in) {
    auto const v = alphabet.find(c);
    if (v == std::string_view::npos) break;
    bits = (bits << 6) | static_cast<std::uint32_t>(v);
    if ((have += 6) >= 8) out += static_cast<char>((bits >> (have -= 8)) & 0xffu);
  }
  return out;
}

std::string word(boost::json::value const& line, char const* key) { return std::string(perceive::text(perceive::member(&line, key)).value_or("")); }

}  // namespace

std::vector<seed> seeds() {
  std::ifstream in(IOC_SOURCE_DIR "/tests/vectors/device-payloads.jsonl");
  if (!in) throw std::runtime_error("the vectors file cannot be read");
  std::map<std::string, message> by_id;
  std::vector<std::pair<seed, std::vector<std::string>>> lines;
  for (std::string line; std::getline(in, line);) {
    perceive::json_text const doc(line);
    if (!doc.ok()) throw std::runtime_error("a line of the vectors file: " + doc.problem);
    auto const& v = doc.root;
    message m{word(v, "topic"), word(v, "payload"), perceive::truth(perceive::member(&v, "retain")) == true};
    if (auto const coded = word(v, "payload_base64"); !coded.empty()) m.payload = base64(coded);
    std::vector<std::string> after;
    if (auto const* a = perceive::member(&v, "after"); a && a->is_array())
      for (auto const& id : a->get_array()) after.emplace_back(perceive::text(&id).value_or(""));
    by_id.emplace(word(v, "id"), m);
    lines.push_back({{word(v, "id"), word(v, "family"), {m}}, std::move(after)});
  }
  std::vector<seed> out;
  for (auto& [s, after] : lines) {
    std::vector<message> all;
    for (auto const& id : after)
      if (auto const it = by_id.find(id); it != by_id.end()) all.push_back(it->second);
    all.push_back(s.messages.front());
    s.messages = std::move(all);
    out.push_back(std::move(s));
  }
  return out;
}

}  // namespace ioc::fuzz

#pragma once
#include <bit>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace ioc::perceive::test {

// Builds Sparkplug payloads for tests, field by field, by a way of its own: what the reader takes was not written by the reader's code.
class spb {
 public:
  spb& num(int field, std::uint64_t n) { return key(field, 0).raw(n); }
  spb& str(int field, std::string_view s) {
    key(field, 2).raw(s.size());
    out_ += s;
    return *this;
  }
  spb& sub(int field, spb const& m) { return str(field, m.out_); }
  spb& flt(int field, float v) { return fixed(field, 5, std::bit_cast<std::uint32_t>(v), 4); }
  spb& dbl(int field, double v) { return fixed(field, 1, std::bit_cast<std::uint64_t>(v), 8); }
  std::string const& text() const { return out_; }

 private:
  spb& key(int field, int type) { return raw(static_cast<std::uint64_t>(field * 8 + type)); }
  spb& raw(std::uint64_t n) {
    do {
      out_ += static_cast<char>((n % 128) + (n > 127 ? 128 : 0));
      n /= 128;
    } while (n > 0);
    return *this;
  }
  spb& fixed(int field, int type, std::uint64_t bits, int size) {
    key(field, type);
    for (int i = 0; i < size; ++i) out_ += static_cast<char>(bits >> (8 * i));
    return *this;
  }
  std::string out_;
};

// A metric's head: name, datatype and, above 0, alias.
inline spb born(std::string_view name, int type, std::uint64_t alias = 0) {
  spb m;
  m.str(1, name).num(4, static_cast<std::uint64_t>(type));
  if (alias) m.num(2, alias);
  return m;
}
inline spb by_alias(std::uint64_t alias) { return spb().num(2, alias); }

inline std::string message(std::uint64_t ms, std::uint64_t seq, std::vector<spb> const& metrics) {
  spb p;
  p.num(1, ms);
  for (auto const& m : metrics) p.sub(2, m);
  return p.num(3, seq).text();
}
inline spb bd_seq(std::uint64_t n) { return born("bdSeq", 4).num(11, n); }

}  // namespace ioc::perceive::test

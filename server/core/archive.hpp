#pragma once
#include "core/ids.hpp"
#include "core/time.hpp"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

namespace ioc::core {

// Binary form of the state that is saved with a journal position, little endian, no padding.
// A type takes part by `template <class A> void io(A& a) { a(x, y, z); }`, the same list for writing and reading.
// The format carries no names: the owner writes a version number first and refuses another one.
struct archive_error : std::runtime_error {
  using std::runtime_error::runtime_error;
};

namespace detail {
template <class T>
concept plain = std::is_arithmetic_v<T> || std::is_enum_v<T>;
}

class archive_writer {
 public:
  template <class... T>
  void operator()(T const&... parts) {
    (put(parts), ...);
  }
  std::string take() { return std::move(bytes_); }
  void reserve(std::size_t n) { bytes_.reserve(n); }
  // What `write` writes, in the form of a string: without a copy of it.
  template <class F>
  void block(F const& write) {
    auto const at = bytes_.size();
    count(0);
    write();
    std::uint64_t const n = bytes_.size() - at - sizeof n;
    std::memcpy(bytes_.data() + at, &n, sizeof n);
  }

 private:
  void raw(void const* p, std::size_t n) { bytes_.append(static_cast<char const*>(p), n); }
  void count(std::size_t n) { put(static_cast<std::uint64_t>(n)); }

  template <class T>
  void put(T const& v) {
    if constexpr (detail::plain<T>) {
      raw(&v, sizeof v);
    } else {
      const_cast<T&>(v).io(*this);  // io() lists members only; a writer changes none of them
    }
  }
  void put(std::string const& s) { count(s.size()); raw(s.data(), s.size()); }
  void put(time_point const& t) { put(to_us(t)); }
  template <class R, class P>
  void put(std::chrono::duration<R, P> const& d) { put(static_cast<std::int64_t>(d.count())); }
  void put(uuid const& u) { raw(u.bytes.data(), u.bytes.size()); }
  void put(std::monostate const&) {}
  template <class A, class B>
  void put(std::pair<A, B> const& p) { put(p.first); put(p.second); }
  template <class T>
  void put(std::optional<T> const& o) { put(o.has_value()); if (o) put(*o); }
  // As an optional: what is shared is written for each that shares it.
  template <class T>
  void put(std::shared_ptr<T const> const& o) { put(o != nullptr); if (o) put(*o); }
  template <class... T>
  void put(std::variant<T...> const& v) {
    put(static_cast<std::uint8_t>(v.index()));
    std::visit([this](auto const& x) { put(x); }, v);
  }
  template <class C>
  void all(C const& c) { count(c.size()); for (auto const& x : c) put(x); }
  template <class T> void put(std::vector<T> const& c) { all(c); }
  template <class T> void put(std::deque<T> const& c) { all(c); }
  template <class T> void put(std::set<T> const& c) { all(c); }
  template <class K, class V, class O> void put(std::map<K, V, O> const& c) { all(c); }
  // Sorted, so that equal states give equal bytes.
  template <class K, class V> void put(std::unordered_map<K, V> const& c) {
    std::map<K, V const*> sorted;
    for (auto const& [k, v] : c) sorted.emplace(k, &v);
    count(sorted.size());
    for (auto const& [k, v] : sorted) { put(k); put(*v); }
  }

  std::string bytes_;
};

// Throws archive_error on a short or impossible text; never reads past its end.
class archive_reader {
 public:
  explicit archive_reader(std::string_view bytes) : rest_(bytes) {}
  template <class... T>
  void operator()(T&... parts) {
    (get(parts), ...);
  }
  bool done() const { return rest_.empty(); }
  // A string where it stands.
  std::string_view block() {
    auto const n = count();
    if (rest_.size() < n) throw archive_error("saved state ends too early");
    auto const out = rest_.substr(0, n);
    rest_.remove_prefix(n);
    return out;
  }

 private:
  void raw(void* p, std::size_t n) {
    if (rest_.size() < n) throw archive_error("saved state ends too early");
    std::memcpy(p, rest_.data(), n);
    rest_.remove_prefix(n);
  }
  std::size_t count() {
    std::uint64_t n = 0;
    get(n);
    if (n > rest_.size() + 1) throw archive_error("saved state holds an impossible length");
    return static_cast<std::size_t>(n);
  }

  template <class T>
  void get(T& v) {
    if constexpr (detail::plain<T>) {
      raw(&v, sizeof v);
    } else {
      v.io(*this);
    }
  }
  void get(std::string& s) { s.assign(count(), '\0'); raw(s.data(), s.size()); }
  void get(time_point& t) { std::int64_t us = 0; get(us); t = from_us(us); }
  template <class R, class P>
  void get(std::chrono::duration<R, P>& d) { std::int64_t n = 0; get(n); d = std::chrono::duration<R, P>{static_cast<R>(n)}; }
  void get(uuid& u) { raw(u.bytes.data(), u.bytes.size()); }
  void get(std::monostate&) {}
  template <class A, class B>
  void get(std::pair<A, B>& p) { get(p.first); get(p.second); }
  template <class T>
  void get(std::optional<T>& o) {
    bool has = false;
    get(has);
    if (has) get(o.emplace()); else o.reset();
  }
  template <class T>
  void get(std::shared_ptr<T const>& o) {
    bool has = false;
    get(has);
    o.reset();
    if (!has) return;
    auto const fresh = std::make_shared<T>();
    get(*fresh);
    o = fresh;
  }
  template <class... T>
  void get(std::variant<T...>& v) {
    std::uint8_t index = 0;
    get(index);
    if (index >= sizeof...(T)) throw archive_error("saved state holds an impossible kind of value");
    alternative<0>(v, index);
  }
  template <std::size_t I, class... T>
  void alternative(std::variant<T...>& v, std::uint8_t index) {
    if constexpr (I < sizeof...(T)) {
      if (index == I) get(v.template emplace<I>()); else alternative<I + 1>(v, index);
    }
  }
  template <class C>
  void sequence(C& c) {
    c.clear();
    auto n = count();
    if constexpr (requires { c.reserve(n); }) c.reserve(std::min<std::size_t>(n, 65'536));  // a length may lie; what follows tells
    for (; n > 0; --n) get(c.emplace_back());
  }
  template <class T> void get(std::vector<T>& c) { sequence(c); }
  template <class T> void get(std::deque<T>& c) { sequence(c); }
  template <class T> void get(std::set<T>& c) {
    c.clear();
    for (std::size_t n = count(); n > 0; --n) { T x{}; get(x); c.insert(c.end(), std::move(x)); }
  }
  template <class M>
  void mapping(M& m) {
    m.clear();
    for (std::size_t n = count(); n > 0; --n) {
      typename M::key_type k{};
      typename M::mapped_type v{};
      get(k);
      get(v);
      m.insert_or_assign(std::move(k), std::move(v));
    }
  }
  template <class K, class V, class O> void get(std::map<K, V, O>& c) { mapping(c); }
  template <class K, class V> void get(std::unordered_map<K, V>& c) { mapping(c); }

  std::string_view rest_;
};

}  // namespace ioc::core

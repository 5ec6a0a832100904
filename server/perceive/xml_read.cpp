#include "perceive/xml_read.hpp"

#include "perceive/json_read.hpp"

#include <array>
#include <charconv>
#include <cstdint>

namespace ioc::perceive {

xml_node const* xml_node::child(std::string_view wanted) const {
  for (auto const& c : children)
    if (c.name == wanted) return &c;
  return nullptr;
}

std::string_view xml_node::child_text(std::string_view wanted) const {
  auto const* c = child(wanted);
  return c ? std::string_view(c->text) : std::string_view{};
}

xml_node const* xml_node::find(std::string_view wanted) const {
  for (auto const& c : children) {
    if (c.name == wanted) return &c;
    if (auto const* deeper = c.find(wanted)) return deeper;
  }
  return nullptr;
}

namespace {

bool space(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

bool name_start(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == ':' || static_cast<unsigned char>(c) >= 0x80; }

bool name_char(char c) { return name_start(c) || (c >= '0' && c <= '9') || c == '-' || c == '.'; }

void append_utf8(std::string& out, std::uint32_t code) {
  if (code < 0x80) {
    out += static_cast<char>(code);
  } else if (code < 0x800) {
    out += static_cast<char>(0xC0u | (code >> 6));
    out += static_cast<char>(0x80u | (code & 0x3Fu));
  } else if (code < 0x10000) {
    out += static_cast<char>(0xE0u | (code >> 12));
    out += static_cast<char>(0x80u | ((code >> 6) & 0x3Fu));
    out += static_cast<char>(0x80u | (code & 0x3Fu));
  } else {
    out += static_cast<char>(0xF0u | (code >> 18));
    out += static_cast<char>(0x80u | ((code >> 12) & 0x3Fu));
    out += static_cast<char>(0x80u | ((code >> 6) & 0x3Fu));
    out += static_cast<char>(0x80u | (code & 0x3Fu));
  }
}

std::string_view local(std::string_view name) {
  auto const colon = name.rfind(':');
  return colon == std::string_view::npos ? name : name.substr(colon + 1);
}

// Recursive descent, as deep as max_depth at most. After the first problem every step returns at once.
class reader {
 public:
  explicit reader(std::string_view s) : s_(s) {}

  std::string problem;
  bool hostile = false;

  xml_node document() {
    xml_node root;
    misc();
    if (problem.empty() && !next_is("<")) fail("no element");
    if (problem.empty()) element(root, 1);
    if (problem.empty()) misc();
    if (problem.empty() && i_ != s_.size()) fail("text after the last element");
    return root;
  }

 private:
  std::string_view s_;
  std::size_t i_ = 0;
  std::size_t nodes_ = 0;

  void fail(std::string_view why) {
    if (problem.empty()) problem = "not XML: " + std::string(why) + " at byte " + std::to_string(i_);
  }
  bool next_is(std::string_view what) const { return s_.substr(i_).starts_with(what); }
  void skip_space() {
    while (i_ < s_.size() && space(s_[i_])) ++i_;
  }
  bool skip_past(std::string_view end, std::string_view what) {
    auto const at = s_.find(end, i_);
    if (at == std::string_view::npos) return fail(what), false;
    i_ = at + end.size();
    return true;
  }

  // Comments, processing instructions and white space between elements; a DTD ends it all.
  void misc() {
    while (problem.empty()) {
      skip_space();
      if (next_is("<?")) {
        skip_past("?>", "an instruction without end");
      } else if (next_is("<!--")) {
        i_ += 4;
        skip_past("-->", "a comment without end");
      } else if (next_is("<!")) {
        hostile = true;
        problem = "XML with a DTD is refused";
      } else {
        return;
      }
    }
  }

  std::string_view name() {
    auto const from = i_;
    if (i_ < s_.size() && name_start(s_[i_]))
      while (i_ < s_.size() && name_char(s_[i_])) ++i_;
    if (i_ == from) fail("a name is missing");
    return s_.substr(from, i_ - from);
  }

  // &lt; &gt; &amp; &apos; &quot; &#n; &#xh;
  void reference(std::string& out) {
    auto const end = s_.substr(i_, 12).find(';');
    if (end == std::string_view::npos) return fail("'&' without an entity");
    auto const body = s_.substr(i_ + 1, end - 1);
    struct named {
      std::string_view name;
      char c;
    };
    static constexpr std::array five{named{"lt", '<'}, named{"gt", '>'}, named{"amp", '&'}, named{"apos", '\''}, named{"quot", '"'}};
    for (auto const& n : five)
      if (body == n.name) {
        out += n.c;
        i_ += end + 1;
        return;
      }
    if (!body.starts_with('#')) {
      hostile = true;
      problem = "XML with an entity of its own is refused";
      return;
    }
    bool const hex = body.size() > 1 && body[1] == 'x';
    auto const digits = body.substr(hex ? 2 : 1);
    std::uint32_t code = 0;
    auto const [at, ec] = std::from_chars(digits.data(), digits.data() + digits.size(), code, hex ? 16 : 10);
    bool const allowed = code == 9 || code == 10 || code == 13 || (code >= 0x20 && code <= 0x10FFFF && !(code >= 0xD800 && code <= 0xDFFF) && code != 0xFFFE && code != 0xFFFF);
    if (ec != std::errc{} || at != digits.data() + digits.size() || !allowed) return fail("a character reference that is none");
    append_utf8(out, code);
    i_ += end + 1;
  }

  void attribute(xml_node& n) {
    auto const key = name();
    if (!problem.empty()) return;
    skip_space();
    if (!next_is("=")) return fail("an attribute without '='");
    ++i_;
    skip_space();
    if (i_ >= s_.size() || (s_[i_] != '"' && s_[i_] != '\'')) return fail("an attribute without quotes");
    char const quote = s_[i_++];
    std::string value;
    while (problem.empty()) {
      if (i_ >= s_.size()) return fail("an attribute without end");
      char const c = s_[i_];
      if (c == quote) break;
      if (c == '<') return fail("'<' in an attribute");
      if (c == '&') {
        reference(value);
        continue;
      }
      value += c;
      ++i_;
    }
    if (!problem.empty()) return;
    ++i_;
    n.attributes.emplace_back(local(key), std::move(value));
  }

  bool count_one() {
    if (++nodes_ > xml_text::max_nodes) return fail("more than 20,000 elements"), false;
    return true;
  }

  // From '<' to behind the end tag.
  void element(xml_node& n, std::size_t depth) {
    if (depth > xml_text::max_depth) return fail("nested deeper than 32 levels");
    if (!count_one()) return;
    ++i_;
    auto const full = name();
    n.name = local(full);
    while (problem.empty()) {
      skip_space();
      if (next_is("/>")) {
        i_ += 2;
        return;
      }
      if (next_is(">")) {
        ++i_;
        break;
      }
      if (i_ >= s_.size()) return fail("a tag without end");
      if (!count_one()) return;
      attribute(n);
    }
    content(n, full, depth);
  }

  void content(xml_node& n, std::string_view full, std::size_t depth) {
    while (problem.empty()) {
      if (i_ >= s_.size()) return fail("the end tag of " + n.name.substr(0, 40) + " is missing");
      char const c = s_[i_];
      if (c == '&') {
        reference(n.text);
      } else if (c != '<') {
        auto const end = s_.find_first_of("<&", i_);
        auto const piece = s_.substr(i_, end == std::string_view::npos ? end : end - i_);
        for (char const p : piece)
          if (static_cast<unsigned char>(p) < 0x20 && !space(p)) return fail("a control character");
        n.text += piece;
        i_ += piece.size();
      } else if (next_is("</")) {
        i_ += 2;
        if (name() != full) return fail("the end tag is not that of " + n.name.substr(0, 40));
        skip_space();
        if (!next_is(">")) return fail("an end tag without '>'");
        ++i_;
        n.text = std::string(trimmed(n.text));
        return;
      } else if (next_is("<![CDATA[")) {
        auto const from = i_ + 9;
        if (!skip_past("]]>", "CDATA without end")) return;
        n.text += s_.substr(from, i_ - 3 - from);
      } else if (next_is("<!--")) {
        i_ += 4;
        skip_past("-->", "a comment without end");
      } else if (next_is("<?")) {
        skip_past("?>", "an instruction without end");
      } else if (next_is("<!")) {
        hostile = true;
        problem = "XML with a DTD is refused";
      } else {
        element(n.children.emplace_back(), depth + 1);
      }
    }
  }
};

// The encoding that <?xml … encoding="…"?> names, in small letters; empty when it names none.
std::string declared_encoding(std::string_view s) {
  if (!s.starts_with("<?xml")) return {};
  auto const head = s.substr(0, std::min(s.find("?>"), std::size_t{200}));
  auto at = head.find("encoding");
  if (at == std::string_view::npos) return {};
  at = head.find_first_of("\"'", at);
  if (at == std::string_view::npos) return {};
  auto const end = head.find(head[at], at + 1);
  return end == std::string_view::npos ? std::string() : lower(head.substr(at + 1, end - at - 1));
}

}  // namespace

xml_text::xml_text(std::string_view bytes) {
  bytes = trimmed(bytes);
  if (bytes.empty()) {
    problem = "empty payload";
    return;
  }
  if (bytes.size() > max_bytes) {
    problem = "XML larger than 1 MiB";
    return;
  }
  auto const encoding = declared_encoding(bytes);
  bool const says_latin = encoding == "iso-8859-1" || encoding == "latin1" || encoding == "windows-1252" || encoding == "us-ascii";
  bool const is_utf8 = valid_utf8(bytes);
  std::string converted;
  if (!is_utf8 && says_latin) {
    for (char const c : bytes) append_utf8(converted, static_cast<unsigned char>(c));
    bytes = converted;
  } else if (!is_utf8) {
    problem = "payload is not valid UTF-8";
    return;
  }  // UTF-8 that calls itself Latin-1 was converted on its way here and is taken as it is
  if (bytes.find('\0') != std::string_view::npos) {
    problem = "not XML: a NUL byte";
    return;
  }
  reader r(bytes);
  root = r.document();
  problem = std::move(r.problem);
  hostile = r.hostile;
}

}  // namespace ioc::perceive

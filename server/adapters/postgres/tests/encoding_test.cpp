#include "adapters/postgres/copy.hpp"
#include "adapters/postgres/layout.hpp"
#include "adapters/postgres/link.hpp"
#include "adapters/postgres/rollup.hpp"
#include "adapters/postgres/text.hpp"

#include <gtest/gtest.h>

using namespace ioc;
using namespace ioc::postgres;
using namespace std::string_literals;

TEST(CleanText, KeepsWhatIsWellFormed) {
  for (std::string const& s : {""s, "Mực nước sông 3,62 m"s, "\xF0\x9F\x8C\x8A"s, "\xEF\xBF\xBD"s, "\x01"s}) EXPECT_EQ(clean_text(s), s);
}

TEST(CleanText, ReplacesWhatPostgresRefuses) {
  std::string const r = "\xEF\xBF\xBD";
  EXPECT_EQ(clean_text("a\0b"s), "a" + r + "b");
  EXPECT_EQ(clean_text("\xC3"), r);
  EXPECT_EQ(clean_text("\xC0\x80"), r + r);          // overlong
  EXPECT_EQ(clean_text("\xED\xA0\x80"), r + r + r);  // a surrogate
  EXPECT_EQ(clean_text("\xF5\x80\x80\x80"), r + r + r + r);
  EXPECT_EQ(clean_text("x\xE1\xBB"), "x" + r + r);   // cut in the middle
}

TEST(CleanJson, ReplacesEscapesThatJsonbRefuses) {
  EXPECT_EQ(clean_json(R"({"a":"\u0000"})"), R"({"a":"\ufffd"})");
  EXPECT_EQ(clean_json(R"(["\ud800"])"), R"(["\ufffd"])");
  EXPECT_EQ(clean_json(R"(["\udc00x"])"), R"(["\ufffdx"])");
  EXPECT_EQ(clean_json(R"(["\ud83c\udf0a"])"), R"(["\ud83c\udf0a"])");
  EXPECT_EQ(clean_json(R"(["\\u0000"])"), R"(["\\u0000"])");  // a backslash and five letters, no escape
  EXPECT_EQ(clean_json(R"(["\ud83c\u0041"])"), R"(["\ufffd\u0041"])");
}

TEST(ArrayText, QuotesItsElements) {
  array_text a;
  a.add(R"(a"b\c,{})");
  a.add_null();
  a.add("NULL");
  EXPECT_EQ(a.take(), R"({"a\"b\\c,{}",NULL,"NULL"})");
  EXPECT_EQ(array_of({}), "{}");
}

TEST(Timestamp, IsUtcWithMicroseconds) {
  EXPECT_EQ(timestamp(core::from_us(1'816'447'800'123'456)), "2027-07-24 16:50:00.123456+00");
  EXPECT_EQ(timestamp(core::time_point::max()), "9999-12-31 23:59:59.999999+00");
  EXPECT_EQ(timestamp(core::time_point::min()), "0001-01-01 00:00:00.000000+00");
  EXPECT_EQ(timestamp(core::from_us(-1)), "1969-12-31 23:59:59.999999+00");
}

TEST(Hex, ReadsBackWhatItWrote) {
  std::string const all("\0\x7f\x80\xff\n", 5);
  EXPECT_EQ(hex(all), "007f80ff0a");
  EXPECT_EQ(from_hex(hex(all)), all);
}

TEST(FiledAt, IsTheReadingsOwnTimeWithinLimits) {
  reading_row r;
  r.known_at = core::from_ms(1'800'000'000'000);
  r.t = core::from_ms(1'700'000'000'000);
  EXPECT_EQ(filed_at(r), r.t);
  r.t = last_storable;
  EXPECT_EQ(filed_at(r), r.known_at);
  r.t = core::from_us(-5);
  EXPECT_EQ(filed_at(r), r.known_at);
  r.known_at = core::from_us(0);
  EXPECT_EQ(filed_at(r), first_storable);
}

namespace {
std::string const head = "PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0\0"s;
std::string const one = "\0\0\0\x08\x3f\xf0\0\0\0\0\0\0"s, two = "\0\0\0\x08\x40\0\0\0\0\0\0\0"s, none = "\xff\xff\xff\xff"s;
std::string array_of_two(std::string const& values, bool nulls) {
  return "\0\0\0\x01\0\0\0"s + (nulls ? "\x01"s : "\0"s) + "\0\0\x02\xbd\0\0\0\x02\0\0\0\x01"s + values;
}
reading_row of_two(core::value a, core::value b) {
  reading_row r;
  r.t = core::from_us(946'684'800'000'001);
  r.known_at = core::from_us(946'684'800'000'000);
  r.values = {{std::move(a)}, {std::move(b)}};
  return r;
}
}  // namespace

TEST(CopyStream, IsTheBytesOfTheManual) {
  copy_stream c;
  c.add(of_two(1.0, 2.0), 7, 9);
  c.end();
  std::string const times = "\0\x08"s + "\0\0\0\x08\0\0\0\0\0\0\0\x01"s + "\0\0\0\x08\0\0\0\0\0\0\0\0"s + none + "\0\0\0\x04\0\0\0\x07"s + "\0\0\0\x04\0\0\0\x09"s;
  EXPECT_EQ(c.bytes(), head + times + "\0\0\0\x2c"s + array_of_two(one + two, false) + none + none + "\xff\xff"s);
}

TEST(CopyStream, NotesWhatIsNoPlainNumber) {
  copy_stream c;
  auto r = of_two(true, "mở"s);
  r.seq = 3;
  r.values[0].q = core::quality::suspect;
  r.values[0].late = true;
  c.add(r, 7, 9);
  std::string const times = "\0\x08"s + "\0\0\0\x08\0\0\0\0\0\0\0\x01"s + "\0\0\0\x08\0\0\0\0\0\0\0\0"s + "\0\0\0\x08\0\0\0\0\0\0\0\x03"s +
                            "\0\0\0\x04\0\0\0\x07"s + "\0\0\0\x04\0\0\0\x09"s;
  std::string const texts = "\0\0\0\x01\0\0\0\x01\0\0\0\x19\0\0\0\x02\0\0\0\x01"s + none + "\0\0\0\x04mở"s;
  EXPECT_EQ(c.bytes(), head + times + "\0\0\0\x24"s + array_of_two(one + none, true) + "\0\0\0\x02\x0d\x10"s + "\0\0\0\x20"s + texts);
}

TEST(LayoutBook, GivesOneLayoutForOneListAndNoneForWhatIsNoRow) {
  layout_book book(2);
  auto const a = book.find({"m", "n"});
  ASSERT_TRUE(a);
  EXPECT_EQ(book.find({"m", "n"}), a);
  EXPECT_NE(book.find({"n", "m"}), a);
  EXPECT_FALSE(book.find({"m", "n", "o"}));  // one combination too many: rows of one metric each
  EXPECT_TRUE(book.find({"o"}));
  layout_book wide;
  EXPECT_FALSE(wide.find({"m", "m"}));
  EXPECT_FALSE(wide.find({"m", "m"}));
}

TEST(MinuteBook, NamesWhatItCannotTell) {
  layout_book layouts;
  auto const ab = layouts.find({"a", "b"});
  minute_book book;
  book.start(100, 102);
  auto const row = [&](core::time_point t, core::value a, core::value b) {
    reading_row r;
    r.t = t;
    r.layout = ab;
    r.values = {{std::move(a)}, {std::move(b)}};
    return r;
  };
  auto const add = [&](reading_row const& r, int device) { book.add(r, r.t, device); };
  using std::chrono::seconds;
  add(row(begin_of(99), 1.0, 2.0), 1);                    // closed already
  add(row(begin_of(101), 1.0, 2.0), 1);                   // not seen whole: whoever closes it makes it from the rows
  add(row(begin_of(102), 1.0, "text"s), 2);
  add(row(begin_of(102) + seconds{5}, 3.0, true), 2);
  add(row(begin_of(102) + seconds{5}, 3.0, true), 3);
  add(row(begin_of(102) + seconds{4}, 3.0, true), 3);     // out of order
  add(row(begin_of(100'000), 1.0, 1.0), 4);               // far ahead
  EXPECT_EQ(book.take_due(), (std::vector<due_minute>{{99, 1}, {100'000, 4}}));
  EXPECT_TRUE(book.take_due().empty());
  std::vector<closed_minute> whole;
  std::vector<due_minute> due;
  book.take(102, 10, whole, due);
  EXPECT_TRUE(whole.empty());
  book.take(103, 10, whole, due);
  EXPECT_EQ(due, (std::vector<due_minute>{{102, 3}}));
  ASSERT_EQ(whole.size(), 1u);
  EXPECT_EQ(whole[0].device, 2);
  EXPECT_EQ(whole[0].numbers, (std::vector<double>{2, 1, 4, 3, 3, 1, 1, 1, 1, 1}));
  EXPECT_EQ(book.open_devices(), 0u);
}

TEST(Place, NeverShowsThePassword) {
  options o;
  o.url = "postgresql://ioc:geheim@db.example:5433/ioc";
  EXPECT_EQ(place_of(o), "db.example:5433/ioc");
  EXPECT_EQ(explain("connection refused", o).sentence.find("geheim"), std::string::npos);
}

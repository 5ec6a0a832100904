#include "perceive/decoders/cap/cap.hpp"
#include "perceive/tests/decode_support.hpp"
#include "perceive/tests/vectors_support.hpp"

#include <array>

namespace ioc::perceive {
namespace {

using test::command_of, test::ear, test::gist, test::time_of, test::value_of;

TEST(cap, real_messages) { test::expect_vectors("cap-1.2", 1); }

std::string alert(std::string const& status, std::string const& type, std::string const& more, std::string const& infos) {
  return R"(<?xml version="1.0" encoding="UTF-8"?><cap:alert xmlns:cap="urn:oasis:names:tc:emergency:cap:1.2"><cap:identifier>VN-1</cap:identifier><cap:sender>nchmf.gov.vn</cap:sender>)"
         "<cap:sent>2026-01-05T09:30:00+07:00</cap:sent><cap:status>" + status + "</cap:status><cap:msgType>" + type + "</cap:msgType><cap:scope>Public</cap:scope>" + more + infos + "</cap:alert>";
}
std::string info(std::string const& language, std::string const& event, std::string const& expires) {
  return "<cap:info><cap:language>" + language + "</cap:language><cap:category>Met</cap:category><cap:event>" + event +
         "</cap:event><cap:urgency>Immediate</cap:urgency><cap:severity>Extreme</cap:severity><cap:certainty>Observed</cap:certainty><cap:expires>" + expires +
         "</cap:expires><cap:area><cap:areaDesc>Xã A &amp; B</cap:areaDesc><cap:geocode><cap:valueName>GSO</cap:valueName><cap:value>03478</cap:value></cap:geocode></cap:area></cap:info>";
}
std::string const later = "2026-01-05T12:00:00+07:00", past = "2026-01-05T09:45:00+07:00";

TEST(cap, the_wanted_language_and_the_whole_alert_as_data) {
  ear e(decode_cap);
  auto const d = e.hear("x/y", alert("Actual", "Alert", "", info("en-US", "Flash flood", later) + info("vi-VN", "Lũ quét", later)));
  EXPECT_EQ(gist(d), "accept/event nchmf.gov.vn");
  EXPECT_EQ(value_of(d, "alert_event"), "\"Lũ quét\"");
  EXPECT_EQ(time_of(d), "2026-01-05T02:30:00.000Z");
  ASSERT_EQ(d.elements.front().events.size(), 1u);
  EXPECT_EQ(d.elements.front().events.front().name, "cap_alert");
  auto const& data = d.elements.front().events.front().data;
  for (char const* part : {R"("event":"Flash flood")", R"("value":"03478")", R"("expires":"2026-01-05T05:00:00.000Z")", R"("description":"Xã A & B")"})
    EXPECT_NE(data.find(part), std::string::npos) << part;
  e.settings.words["language"] = "en";
  EXPECT_EQ(value_of(e.hear("x", alert("Actual", "Alert", "", info("vi", "Lũ quét", later) + info("en", "Flash flood", later))), "alert_event"), "\"Flash flood\"");
}

TEST(cap, what_may_not_sound_is_suspect_and_has_another_name) {
  ear e(decode_cap);
  for (auto const& [status, type, expires, name] : {std::array<std::string, 4>{"Exercise", "Alert", later, "cap_exercise"}, {"Test", "Alert", later, "cap_test"}, {"Actual", "Alert", past, "cap_expired"}}) {
    auto const d = e.hear("x", alert(status, type, "", info("vi", "Lũ quét", expires)));
    EXPECT_EQ(d.elements.front().events.front().name, name);
    for (auto const& r : d.elements.front().readings) {
      bool const about_the_message = r.metric == "alert_status" || r.metric == "alert_message_type";
      EXPECT_EQ(r.q, about_the_message ? core::quality::good : core::quality::suspect) << name << " " << r.metric;
    }
  }
  auto const cancel = e.hear("x", alert("Actual", "Cancel", "<cap:references>nchmf.gov.vn,VN-0,2026-01-05T08:00:00+07:00</cap:references>", ""));
  EXPECT_EQ(cancel.elements.front().events.front().name, "cap_cancel");
  EXPECT_NE(cancel.elements.front().events.front().data.find(R"("references":[{"sender":"nchmf.gov.vn","identifier":"VN-0","sent":"2026-01-05T01:00:00.000Z"}])"), std::string::npos);
  EXPECT_EQ(gist(e.hear("x", alert("Actual", "Cancel", "", ""))), "reject: a Cancel needs references to what it cancels");
}

TEST(cap, broken_and_hostile) {
  ear e(decode_cap);
  EXPECT_EQ(gist(e.hear("x", alert("Bogus", "Alert", "", info("vi", "a", later)))), "reject: status is Actual, Exercise, System, Test or Draft");
  EXPECT_EQ(gist(e.hear("x", "<alert><identifier>a</identifier></alert>")), "reject: an alert needs identifier, sender and sent");
  EXPECT_EQ(gist(e.hear("x", "<rss/>")), "reject: a CAP message is an <alert>");
  EXPECT_EQ(gist(e.hear("x", "{\"alert\":1}")).substr(0, 15), "reject: not XML");
  auto const bomb = e.hear("x", "<?xml version=\"1.0\"?><!DOCTYPE lolz [<!ENTITY lol \"lol\">]><alert>&lol;</alert>");
  EXPECT_EQ(bomb.outcome, decode_outcome::reject);
  EXPECT_TRUE(bomb.security);
  auto const entity = e.hear("x", "<alert><identifier>&xxe;</identifier></alert>");
  EXPECT_TRUE(entity.security);
}

}  // namespace
}  // namespace ioc::perceive

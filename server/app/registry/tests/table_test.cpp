#include "app/registry/device_text.hpp"
#include "app/registry/table.hpp"
#include "app/wire_json.hpp"

#include <boost/json.hpp>
#include <gtest/gtest.h>

#include <chrono>

using namespace ioc;
using namespace ioc::app;

namespace {

device_table read(std::string const& text, core::device const* now = nullptr, std::string const& unit = "") {
  return read_devices(text, unit, 50'000, [now](auto const&, auto const& id) { return now && id == now->id ? now : nullptr; });
}

TEST(table, is_read_as_spreadsheets_write_it) {
  auto const t = read("\xef\xbb\xbfunit;device;name;lat;lon;tags;calibration;natives\r\n"
                      "03478;WL-01;\"Trạm \"\"Nậm Mường\"\"; thượng nguồn\";22,361;103,5;lũ| suối ;mounting_height=8,05;gw1/a/b|cc\r\n"
                      "\r\n"
                      "03478;WL-02;\"hai\ndòng\";;;;;\r\n");
  ASSERT_EQ(t.fault, "");
  ASSERT_EQ(t.rows.size(), 2u);
  auto const& d = t.rows[0].device;
  EXPECT_EQ(t.rows[0].fault, "");
  EXPECT_EQ(d.name.vi, "Trạm \"Nậm Mường\"; thượng nguồn");
  EXPECT_EQ(d.lat, 22.361);
  EXPECT_EQ(d.lon, 103.5);
  EXPECT_EQ(d.tags, (std::vector<std::string>{"lũ", "suối"}));
  EXPECT_EQ(d.natives, (std::vector<std::string>{"gw1/a/b", "cc"}));
  EXPECT_EQ(d.calibration.at("mounting_height"), 8.05);
  EXPECT_EQ(t.rows[1].line, 4);
  EXPECT_NE(t.rows[1].fault.find("name: holds a control character"), std::string::npos) << t.rows[1].fault;
}

TEST(table, knows_vietnamese_columns_and_keeps_what_has_no_column) {
  core::device now;
  now.unit = "03478";
  now.id = "WL-01";
  now.name.vi = "cũ";
  now.zone = "Z1";
  now.model = "gauge";
  auto const t = read("Mã thiết bị,Tên,Khu vực\nWL-01,mới,\n", &now, "03478");
  ASSERT_EQ(t.fault, "");
  EXPECT_EQ(t.rows[0].device.name.vi, "mới");
  EXPECT_EQ(t.rows[0].device.zone, "") << "an empty cell takes it back";
  EXPECT_EQ(t.rows[0].device.model, "gauge") << "no column: as it was";
}

TEST(table, a_row_that_is_cut_off_takes_nothing_back) {
  core::device now;
  now.unit = "03478";
  now.id = "K-30";
  now.zone = "Z1";
  auto const t = read("unit,device,name,type,zone,lat,lon\n03478,K-30,n2,door,Z2,,\n03478,K-30b,n2,door\n03478,K-31,n,door,,,,\n03478,K-32,n,door,,,,x\n", &now);
  ASSERT_EQ(t.fault, "");
  ASSERT_EQ(t.rows.size(), 4u);
  EXPECT_EQ(t.rows[0].fault, "");
  EXPECT_EQ(t.rows[1].line, 3);
  EXPECT_EQ(t.rows[1].fault, "4 cells, the header has 7");
  EXPECT_EQ(t.rows[2].fault, "") << "an empty cell more";
  EXPECT_EQ(t.rows[3].fault, "8 cells, the header has 7");
}

TEST(table, is_read_as_excel_writes_it) {
  auto const t = read("sep=;\r\nunit;device;name;;\r\n03478;A;a, b;;\r\n03478;B;b\r\n;;;;\r\n03478;C;c;;x\r\n");
  ASSERT_EQ(t.fault, "");
  ASSERT_EQ(t.rows.size(), 3u);
  EXPECT_EQ(t.rows[0].fault, "");
  EXPECT_EQ(t.rows[0].line, 3);
  EXPECT_EQ(t.rows[0].device.name.vi, "a, b");
  EXPECT_EQ(t.rows[1].fault, "") << "the header's empty columns are none";
  EXPECT_EQ(t.rows[2].fault, "5 cells, the header has 3");
  EXPECT_EQ(read("sep=|\nunit|device|name\n03478|A|a;b\n").rows.at(0).device.name.vi, "a;b");
  EXPECT_EQ(read("unit,device,name\n03478,A,\"abc\"x\n").rows.at(0).fault, "text stands behind a closing quote");
  EXPECT_EQ(read("unit,device,name\n03478,A,\"abc\" \n").rows.at(0).fault, "");
  EXPECT_EQ(read("unit,\"device\"s,name\n").fault, "line 1: text stands behind a closing quote");
}

TEST(table, headers_are_the_same_composed_decomposed_and_in_capitals) {
  // "Mã xã", "Mã thiết bị" (marks in both orders), "Bán kính phủ (m)" and "Vĩ độ" as macOS writes them.
  auto const nfd = read("Ma\u0303 xa\u0303,Ma\u0303 thie\u0302\u0301t bi\u0323,Te\u0302n,Ba\u0301n ki\u0301nh phu\u0309 (m),Vi\u0303 \u0111o\u0323\u0302,Kinh \u0111o\u0302\u0323\n"
                        "03478,WL-01,a,5,22,103\n");
  ASSERT_EQ(nfd.fault, "");
  EXPECT_EQ(nfd.rows.at(0).device.id, "WL-01");
  EXPECT_EQ(nfd.rows.at(0).device.coverage_m, 5.0);
  EXPECT_EQ(nfd.rows.at(0).device.lon, 103.0);
  EXPECT_EQ(read("MÃ XÃ,MÃ THIẾT BỊ,TÊN,THIẾT BỊ CHA,MẪU\n").fault, "");
  EXPECT_EQ(read("Mã xã,Mã thiết bị,Màu\n").fault, "line 1: there is no column \"Màu\"") << "a colour is no model";
}

TEST(table, says_what_is_wrong_and_where) {
  EXPECT_EQ(read("").fault, "the file is empty");
  EXPECT_EQ(read("unit,device,colour\n").fault, "line 1: there is no column \"colour\"");
  EXPECT_EQ(read("unit,device,device\n").fault, "line 1: the column device stands twice");
  EXPECT_EQ(read("unit,name\n").fault, "line 1: the columns unit and device are needed");
  EXPECT_NE(read("unit,device,name\n03478,A,Tr\xe1m\n").fault.find("UTF-8"), std::string::npos);
  auto const t = read("unit,device,name,lat,lon\n03478,A,a,x,1\n03478,B,b,22,\n03478,A,a,,\n03478,,c,,\n03478,D,d,1,2,3\n03478,E,\"open\n");
  ASSERT_EQ(t.rows.size(), 6u);
  EXPECT_EQ(t.rows[0].fault, "lat: \"x\" is no number");
  EXPECT_EQ(t.rows[1].fault, "lon: is missing beside lat");
  EXPECT_EQ(t.rows[2].fault, "the device stands in line 2 already");
  EXPECT_EQ(t.rows[3].fault, "device: is missing");
  EXPECT_EQ(t.rows[4].fault, "6 cells, the header has 5");
  EXPECT_EQ(t.rows[5].fault, "a quote is opened and not closed");
}

TEST(table, of_five_thousand_rows_is_read_at_once) {
  std::string text = "unit,device,name,type,zone,tags\n";
  for (int i = 0; i < 5000; ++i) text += "03478,D-" + std::to_string(i) + ",\"Thiết bị số " + std::to_string(i) + "\",camera,,a|b\n";
  auto const begin = std::chrono::steady_clock::now();
  auto const t = read(text);
  EXPECT_EQ(t.rows.size(), 5000u);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds{2});
}

TEST(device_text, comes_back_from_a_record_as_it_went_in) {
  pipeline::operation op;
  op.kind = pipeline::operation_kind::change_registry;
  op.id = core::name_uuid("x");
  op.by = "quantri";
  op.text = "lắp mới";
  op.all_or_nothing = true;
  pipeline::registry_change c;
  auto& d = c.device;
  d.unit = "03478";
  d.id = "WL-01";
  d.name = {"Trạm \"một\"", "Station"};
  d.type = "gauge";
  d.native = "24e1";
  d.natives = {"gw/x"};
  d.lat = 22.5;
  d.lon = 103.25;
  d.coverage_m = 100;
  d.expected_interval = std::chrono::seconds{90};
  d.tags = {"lũ"};
  d.calibration = {{"mounting_height", 8.05}};
  d.receipts = true;
  c.only_new = true;
  op.changes = {c, {pipeline::change_kind::withdraw, d, false, {}}, {pipeline::change_kind::set_account, d, false, pipeline::account_state::disabled}};
  auto const back = operation_from(to_record(op));
  ASSERT_TRUE(back);
  ASSERT_EQ(back->changes.size(), 3u);
  EXPECT_EQ(back->changes[0].device, d);
  EXPECT_TRUE(back->changes[0].only_new);
  EXPECT_TRUE(back->all_or_nothing);
  EXPECT_EQ(back->changes[1].kind, pipeline::change_kind::withdraw);
  EXPECT_EQ(back->changes[2].account, pipeline::account_state::disabled);

  pipeline::registry_entry e;
  e.device = std::make_shared<core::device const>(d);
  e.account = pipeline::account_state::active;
  e.account_by = "quantri";
  e.account_at = core::from_ms(1'800'000'000'123);
  auto const again = entry_from(boost::json::parse(written(to_json(e))), {"03478", "WL-01"});
  ASSERT_TRUE(again);
  EXPECT_EQ(*again->device, d);
  EXPECT_EQ(again->account_at, e.account_at);
}

TEST(device_text, refuses_what_it_does_not_know) {
  core::device d;
  auto const why = [&](char const* text) { return merge_fields(d, boost::json::parse(text).as_object()); };
  EXPECT_EQ(why(R"({"colour":1})"), "colour: is unknown");
  EXPECT_EQ(why(R"({"name":1})"), "name: must be a text");
  EXPECT_EQ(why(R"({"lat":91,"lon":0})"), "lat: is beyond the pole: degrees north, from -90 to 90");
  EXPECT_EQ(why(R"({"lon":5,"lat":null})"), "lon: stands alone: give lat and lon, or neither");
  EXPECT_EQ(why(R"({"tags":["a",1]})"), "tags: must be a list of texts");
  EXPECT_EQ(why(R"({"expected_interval_s":-1})"), "expected_interval_s: must be above 0 and at most a year");
}

}  // namespace

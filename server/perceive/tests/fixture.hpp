#pragma once
#include "perceive/hearer.hpp"

#include <memory>
#include <string>

namespace ioc::perceive::test {

// A small catalogue: one commune with a native gauge, an ultrasonic one, a cabinet, a camera; all six sources.
inline std::shared_ptr<catalogue const> small_catalogue(std::vector<core::device> extra = {}) {
  std::vector<metric_info> metrics{{"water_level", "m", {"level"}, {}, -20, 100, {"Mực nước", "Water level"}},
                                   {"distance", "m", {}, {}, 0, 100, {"Khoảng cách", "Distance"}},
                                   {"rainfall_amount", "mm", {"rain_mm"}, {}, 0, 500, {"Lượng mưa", "Rainfall"}},
                                   {"temperature", "Cel", {"temp"}, {}, -80, 1000, {"Nhiệt độ", "Temperature"}},
                                   {"voltage", "V", {}, {{"v_a", "L1"}}, 0, 500000, {"Điện áp", "Voltage"}},
                                   {"current", "A", {}, {{"i_a", "L1"}}, {}, {}, {"Dòng điện", "Current"}},
                                   {"power_factor", "1", {"pf"}, {}, -1, 1, {"Hệ số công suất", "Power factor"}},
                                   {"object_count", "1", {}, {{"person_count", "person"}}, 0, {}, {"Số đối tượng", "Object count"}},
                                   {"smoke_obscuration", "%/m", {"smoke"}, {}, 0, 100, {"Độ mờ khói", "Smoke"}},
                                   {"door_open", "", {}, {}, {}, {}, {"Cửa mở", "Door open"}},
                                   {"tamper", "", {}, {}, {}, {}, {"Bị phá hoại", "Tamper"}},
                                   {"online", "", {}, {}, {}, {}, {"Trực tuyến", "Online"}}};
  std::vector<source_info> sources(6);
  sources[0] = {"native", "native", {"ioc/v1/#"}, "", std::chrono::minutes{10}, std::chrono::minutes{5}, std::chrono::minutes{5}, {}};
  sources[1] = {"chirpstack-v4", "chirpstack_v4", {"application/+/device/+/event/+", "application/+/device/+/command/+"}, "", std::chrono::minutes{10}, std::chrono::minutes{5}, std::chrono::minutes{5}, {}};
  sources[2] = {"shelly-gen2", "shelly_gen2", {"+/events/rpc", "+/status/+", "+/online", "+/rpc"}, "", std::chrono::minutes{10}, std::chrono::minutes{5}, std::chrono::minutes{5}, {}};
  sources[3] = {"zigbee2mqtt", "zigbee2mqtt", {"zigbee2mqtt/#"}, "", std::chrono::minutes{10}, std::chrono::minutes{5}, std::chrono::minutes{5}, {}};
  sources[4] = {"frigate", "frigate", {"frigate/#"}, "", std::chrono::minutes{10}, std::chrono::minutes{5}, std::chrono::minutes{5}, {}};
  sources[5] = {"onvif-events", "onvif_events", {"+/onvif-ej/#", "+/+/onvif-ej/#"}, "", std::chrono::minutes{10}, std::chrono::minutes{5}, std::chrono::minutes{5}, {}};

  device_model udl;
  udl.key = "udl";
  udl.readings = {{"distance", "water_level", -1, 0, "", "mounting_height"}};
  device_model cabinet;
  cabinet.key = "cabinet";
  cabinet.events = {{"door_open", "cabinet_opened", "cabinet_closed"}};
  device_model camera;
  camera.key = "camera";
  camera.events = {{"tamper", "covered", "uncovered"}};

  core::unit commune;
  commune.code = "03478";
  commune.kind = "commune";
  auto const device = [](char const* id, char const* model, char const* native) {
    core::device d;
    d.unit = "03478";
    d.id = id;
    d.model = model;
    d.native = native;
    return d;
  };
  std::vector<core::device> devices{device("WL-09", "", ""), device("WL-01", "udl", "24E124713C140101"), device("BOX-07", "cabinet", "tu_box_07"),
                                    device("CAM-1", "camera", "cam_1")};
  devices[1].calibration["mounting_height"] = 8;
  for (auto& d : extra) devices.push_back(std::move(d));
  return std::make_shared<catalogue const>(catalogue::make(std::move(metrics), std::move(sources), {udl, cabinet, camera}, {commune}, std::move(devices)));
}

inline core::time_point at(double s) { return core::from_us(1'800'000'000'000'000) + core::from_seconds(s); }
inline std::string ms(double s) { return std::to_string(core::to_ms(at(s))); }

inline core::raw_message raw(std::string topic, std::string payload, double arrival = 0, bool dup = false, bool retain = false) {
  return {std::move(topic), std::move(payload), 1, dup, retain, at(arrival)};
}
inline core::raw_message telemetry(std::string const& payload, double arrival = 0, std::string const& device = "WL-09") {
  return raw("ioc/v1/03478/" + device + "/telemetry", payload, arrival);
}
// {"ts":…, "seq":…, "values":{…}}
inline std::string record(double t, std::uint64_t seq, std::string const& values) {
  return R"({"ts":)" + ms(t) + R"(,"seq":)" + std::to_string(seq) + R"(,"values":)" + values + "}";
}

}  // namespace ioc::perceive::test

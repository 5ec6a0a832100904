#include "sim/device.hpp"

#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <filesystem>
#include <optional>
#include <stdexcept>

namespace ioc::sim {
namespace {

namespace fs = std::filesystem;

struct model {
  std::optional<dialect> speaks;  // nothing: the server understands it, the simulator does not speak it
  std::string source;
  std::vector<std::string> commands;
};

std::optional<dialect> of_source(std::string const& source) {
  if (source == "native") return dialect::native;
  if (source == "chirpstack-v4") return dialect::chirpstack;
  if (source == "shelly-gen2") return dialect::shelly;
  if (source == "zigbee2mqtt") return dialect::zigbee;
  if (source == "frigate" || source == "onvif-events") return dialect::camera;
  return std::nullopt;
}

std::vector<fs::path> yaml_files(std::string const& dir) {
  if (!fs::is_directory(dir)) throw std::runtime_error("there is no folder " + dir + " (give the configuration with --config)");
  std::vector<fs::path> out;
  for (auto const& f : fs::directory_iterator(dir))
    if (f.path().extension() == ".yaml") out.push_back(f.path());
  std::sort(out.begin(), out.end());
  return out;
}

}  // namespace

device device_by_type(std::string const& unit, std::string const& id, std::string const& type) {
  device d;
  d.unit = unit;
  d.id = id;
  d.native = id;
  d.type = type;
  if (type == "water_level_gauge") {
    d.speaks = dialect::chirpstack;
    d.calibration["mounting_height"] = 10;
  } else if (type == "transformer" || type == "power_meter") {
    d.speaks = dialect::shelly;
  } else if (type == "smoke_detector" || type == "door" || type == "cabinet") {
    d.speaks = dialect::zigbee;
  } else if (type == "camera") {
    d.speaks = dialect::camera;
  }
  return d;
}

std::map<std::string, device> load_devices(std::string const& config_dir) {
  std::map<std::string, model> models;
  std::map<std::string, device> out;
  std::string file;
  try {
    for (auto const& path : yaml_files(config_dir + "/models")) {
      file = path.string();
      auto const doc = YAML::LoadFile(file);
      model m;
      m.source = doc["source"].as<std::string>();
      m.speaks = of_source(m.source);
      if (doc["commands"]) m.commands = doc["commands"].as<std::vector<std::string>>();
      models[doc["key"].as<std::string>()] = m;
    }
    for (auto const& path : yaml_files(config_dir + "/units")) {
      file = path.string();
      auto const doc = YAML::LoadFile(file);
      auto const unit = doc["code"].as<std::string>();
      for (auto const& n : doc["devices"]) {
        auto d = device_by_type(unit, n["id"].as<std::string>(), n["type"].as<std::string>());
        d.calibration.clear();
        if (n["model"]) {
          auto const key = n["model"].as<std::string>();
          if (!models.count(key)) throw std::runtime_error(file + ": device " + d.id + " has the model " + key + ", which config/models does not know");
          if (!models[key].speaks) throw std::runtime_error(file + ": device " + d.id + ": the simulator cannot speak the source \"" + models[key].source + "\"");
          d.speaks = *models[key].speaks;
          d.commands = models[key].commands;
        }
        if (n["native"]) d.native = n["native"].as<std::string>();
        if (n["calibration"]) d.calibration = n["calibration"].as<std::map<std::string, double>>();
        if (n["tags"])
          for (auto const& t : n["tags"]) d.calm = d.calm || t.as<std::string>() == "calm";
        out[unit + "/" + d.id] = d;
      }
    }
  } catch (YAML::Exception const& e) {
    throw std::runtime_error(file + ": " + e.what());
  }
  return out;
}

}  // namespace ioc::sim

#include "adapters/config/load.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <sys/wait.h>
#include <unistd.h>

namespace fs = std::filesystem;
using namespace ioc;
using testing::HasSubstr;
using testing::StartsWith;

// The program itself, as a person or a script runs it.
namespace {

struct answer {
  int code = -1;
  std::string text;  // standard output and error together
};

answer iocctl(std::string const& words) {
  answer a;
  auto* pipe = ::popen((std::string(IOCCTL) + " " + words + " 2>&1").c_str(), "r");
  char buffer[4096];
  while (auto const n = std::fread(buffer, 1, sizeof buffer, pipe)) a.text.append(buffer, n);
  auto const status = ::pclose(pipe);
  a.code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  return a;
}

std::string const source = IOC_SOURCE_DIR;

class program : public testing::Test {
 protected:
  program() {
    auto pattern = (fs::temp_directory_path() / "ioc-ctl-XXXXXX").string();
    if (!::mkdtemp(pattern.data())) throw std::runtime_error("mkdtemp");
    dir = pattern;
  }
  ~program() override {
    std::error_code ec;
    fs::remove_all(dir, ec);
  }
  void copy_config() {
    for (auto const* part : {"metrics.yaml", "sources", "models", "units", "rules", "playbooks", "policy"}) fs::copy(source + "/config/" + part, dir / part, fs::copy_options::recursive);
  }
  fs::path dir;
};

TEST_F(program, help_and_wrong_words) {
  auto const help = iocctl("--help");
  EXPECT_EQ(help.code, 0);
  EXPECT_THAT(help.text, HasSubstr("scenario run FILE"));
  EXPECT_EQ(iocctl("").code, 2);
  auto const wrong = iocctl("scenario rum x");
  EXPECT_EQ(wrong.code, 2);
  EXPECT_THAT(wrong.text, HasSubstr("did you mean \"scenario run\"?"));
  EXPECT_EQ(iocctl("scenario speed").code, 2);
  EXPECT_EQ(iocctl("user add --help").code, 0);
}

TEST_F(program, scenario_speed_prints_one_number) {
  auto const a = iocctl("scenario speed " + source + "/tests/scenarios/s5-smoke-cultural-house.yaml");
  EXPECT_EQ(a.code, 0);
  EXPECT_EQ(a.text, "4\n");
  EXPECT_EQ(iocctl("scenario speed --json " + source + "/tests/scenarios/s1-flash-flood-night.yaml").text,
            "{\"scenario\":\"s1-flash-flood-night\",\"speed\":60,\"shortest_window_s\":600}\n");
  EXPECT_EQ(iocctl("scenario speed /nowhere.yaml").code, 2);
}

TEST_F(program, rules_check_answers_yes_and_no) {
  auto const fine = iocctl("rules check " + source + "/config");
  EXPECT_EQ(fine.code, 0);
  EXPECT_THAT(fine.text, HasSubstr("nothing is wrong"));
  EXPECT_EQ(iocctl("rules check " + source + "/config/rules").code, 0);
  copy_config();
  std::ofstream(dir / "rules/03478.yaml") << "unit: \"03478\"\nrules:\n  - {id: a, type: stale, devices: [WL-01], timeout: 60, severity: notice}\n";
  auto const broken = iocctl("rules check " + dir.string());
  EXPECT_EQ(broken.code, 1);
  EXPECT_THAT(broken.text, StartsWith((dir / "rules/03478.yaml").string() + ":3: rules[0].timeout: the key is not known here; did you mean \"timeout_s\"?"));
  auto const json = iocctl("rules check --json " + dir.string());
  EXPECT_EQ(json.code, 1);
  EXPECT_THAT(json.text, StartsWith("{\"ok\":false,\"faults\":[{\"file\":"));
  EXPECT_EQ(iocctl("rules check /nowhere").code, 2);
}

TEST_F(program, scenario_export_divides_times_and_keeps_texts) {
  copy_config();
  std::ofstream(dir / "rules/03478-more.yaml") << "unit: \"03478\"\nrules:\n  - {id: pin-yeu, type: stale, devices: [WL-01], timeout_s: 7200, severity: notice}\n";
  auto const words = "scenario export " + source + "/tests/scenarios/s1-flash-flood-night.yaml --speed 60 --config " + dir.string();
  auto const first = iocctl(words);
  ASSERT_EQ(first.code, 0) << first.text;
  EXPECT_FALSE(fs::exists(dir / "rules/03478-more.yaml"));
  auto const site = config::load_site(dir.string());
  auto const* u = site.find("03478");
  ASSERT_EQ(u->rules.size(), 10u);
  EXPECT_EQ(u->rules[0].window, std::chrono::seconds{60});
  EXPECT_EQ(u->rules[3].metric, "water_level");
  EXPECT_EQ(u->rules[5].title.vi, "Mực nước vượt báo động 3");
  EXPECT_EQ(u->rules[5].label.vi, "BĐ3");
  EXPECT_EQ(u->rules[9].id, "pin-yeu");
  EXPECT_EQ(u->rules[9].timeout, std::chrono::hours{2});
  EXPECT_EQ(u->policy.command_timeout, std::chrono::milliseconds{250});
  EXPECT_EQ(u->playbooks[1].title.vi, "Sơ tán lũ");
  EXPECT_EQ(u->playbooks[1].steps[0].text.vi, "Bật còi hú");
  // Other units are as they were.
  EXPECT_EQ(site.find("09367")->rules[0].hold, std::chrono::seconds{600});

  std::ifstream before_file(dir / "rules/03478.yaml");
  std::string const before((std::istreambuf_iterator<char>(before_file)), {});
  EXPECT_EQ(iocctl(words).code, 0);
  std::ifstream after_file(dir / "rules/03478.yaml");
  EXPECT_EQ(before, std::string((std::istreambuf_iterator<char>(after_file)), {}));
}

TEST_F(program, scenario_export_refuses_what_does_not_fit) {
  copy_config();
  auto const speedless = iocctl("scenario export " + source + "/tests/scenarios/s1-flash-flood-night.yaml --speed 0 --config " + dir.string());
  EXPECT_EQ(speedless.code, 2);
  fs::remove(dir / "units/03478.yaml");
  fs::remove(dir / "rules/03478.yaml");
  fs::remove(dir / "playbooks/03478.yaml");
  fs::remove(dir / "policy/03478.yaml");
  auto const a = iocctl("scenario export " + source + "/tests/scenarios/s1-flash-flood-night.yaml --speed 60 --config " + dir.string());
  EXPECT_EQ(a.code, 2);
  EXPECT_THAT(a.text, HasSubstr("add units/03478.yaml"));
}

TEST_F(program, decode_tells_what_becomes_of_a_message_that_expects_nothing) {
  auto const file = (dir / "told.jsonl").string();
  std::ofstream(file) << R"({"topic":"ioc/v1/03478/WL-01/telemetry","payload":"{\"ts\":1760000000000,\"seq\":7,\"values\":{\"level\":1.75}}"})" << "\n"
                      << R"({"topic":"ioc/v1/03478/WL-01/telemetry","payload":"no json"})" << "\n"
                      << R"({"id":"ack","topic":"ioc/v1/03478/SIREN-01/ack","payload":"{\"id\":\"6b0c395e-1d57-4f0a-9a7e-3c5211d4802f\",\"state\":\"failed\",\"detail\":\"no power\"}"})" << "\n"
                      << R"({"id":"zb","family":"zigbee2mqtt","topic":"zigbee2mqtt/cua","payload":"{\"temperature\":21.5}"})" << "\n";
  auto const a = iocctl("decode " + file);
  EXPECT_EQ(a.code, 0) << "a refused message is no failure: " << a.text;
  for (char const* word : {"line 1 [native]", "accept as telemetry", "device WL-01, seq 7, 2025-10-09T", "level = 1.75, good", "reject: ", "answer to command 6b0c395e-1d57-4f0a-9a7e-3c5211d4802f: failed (no power)",
                           "temperature = 21.5 Cel, good", "no time of its own: arrival time", "\"total\":4", "\"not_compared\":4"})
    EXPECT_THAT(a.text, HasSubstr(word));
  auto const j = iocctl("decode --json " + file);
  EXPECT_EQ(j.code, 0);
  for (char const* word : {R"("outcome":"reject")", R"("metric":"temperature","value":2.15E1,"unit":"Cel")", R"("quality":"good")", R"("state":"failed","detail":"no power")", R"("failed":[])"})
    EXPECT_THAT(j.text, HasSubstr(word));
  std::ofstream(file) << R"({"id":"x","family":"nobodys","topic":"a","payload":""})" << "\n" << "no json\n";
  auto const bad = iocctl("decode " + file);
  EXPECT_EQ(bad.code, 1);
  EXPECT_THAT(bad.text, HasSubstr("no decoder for the family nobodys"));
  EXPECT_THAT(bad.text, HasSubstr(R"("id":"line 2")"));
}

TEST_F(program, decode_counts_and_names_what_failed) {
  auto const file = (dir / "v.jsonl").string();
  std::ofstream(file) << R"({"id":"x-1","family":"nobody-knows-this","vendor":"x","topic":"a/b","payload":"1","source":"s","fidelity":"composed","expect":{"device":"b","kind":"telemetry","outcome":"accept","readings":[]}})"
                      << "\n";
  auto const a = iocctl("decode --json " + file);
  EXPECT_EQ(a.code, 1);
  EXPECT_THAT(a.text, StartsWith("{\"total\":1,\"passed\":0,\"failed\":[{\"id\":\"x-1\",\"why\":"));
  EXPECT_THAT(a.text, HasSubstr("\"items\":["));
  EXPECT_EQ(iocctl("decode /nowhere").code, 2);
  std::ofstream(dir / "empty.jsonl") << "\n";
  EXPECT_EQ(iocctl("decode " + (dir / "empty.jsonl").string()).code, 2) << "nothing was compared";
}

TEST_F(program, config_check_says_what_is_wrong_before_anything_starts) {
  copy_config();
  std::ofstream(dir / "secret") << "a-long-enough-secret\n";
  auto const write = [&](std::string const& more) {
    std::ofstream(dir / "iocd.yaml") << "data_dir: state\nconfig_dir: .\nhttp: {port: 0}\nmqtt: {port: 1883, user: ioc-server, password_file: secret}\n"
                                     << "postgres: {url: \"postgresql://ioc@127.0.0.1:1/ioc\", password_file: secret}\n"
                                     << more;
  };
  write("");
  EXPECT_EQ(iocctl("config check --config " + (dir / "iocd.yaml").string()).code, 0);
  write("jurnal: {max_mib: 64}\n");
  auto const a = iocctl("config check --config " + (dir / "iocd.yaml").string());
  EXPECT_EQ(a.code, 1);
  EXPECT_EQ(a.text, (dir / "iocd.yaml").string() + ":6: jurnal: the key is not known here; did you mean \"journal\"?\n");
  // The database is not there: a plain sentence and 2, not a stack of exceptions.
  write("");
  auto const ledger = iocctl("ledger --config " + (dir / "iocd.yaml").string());
  EXPECT_EQ(ledger.code, 2);
  EXPECT_THAT(ledger.text, StartsWith("iocctl: "));
}

}  // namespace

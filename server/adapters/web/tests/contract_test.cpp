#include "adapters/web/tests/fixture.hpp"

#include <yaml-cpp/yaml.h>

namespace ioc::web::test {
namespace {
using contract_test = web_test;

// What proto/openapi.yaml promises is there: without a session it answers 401, neither 404 nor 405.
TEST_F(contract_test, every_documented_call_exists_and_wants_a_session_where_it_says_so) {
  start();
  http_client c(port());
  auto const document = YAML::LoadFile(IOC_SOURCE_DIR "/proto/openapi.yaml");
  int calls = 0;
  for (auto const& path : document["paths"]) {
    auto target = (path.second["servers"] ? std::string{} : "/api/v1") + path.first.as<std::string>();
    for (auto open = target.find('{'); open != std::string::npos; open = target.find('{')) target.replace(open, target.find('}') - open + 1, alert_a);
    for (auto const& operation : path.second) {
      auto method = operation.first.as<std::string>();
      if (method == "parameters" || method == "servers") continue;
      for (auto& ch : method) ch = static_cast<char>(std::toupper(static_cast<unsigned char>(ch)));
      auto const r = c.send(method, target, "", {{"X-Forwarded-For", "10.0.0.9"}});
      if (operation.second["security"]) {
        EXPECT_TRUE(r.status == 200 || r.status == 400) << method << " " << target << " " << r.status;
      } else {
        EXPECT_EQ(r.status, 401) << method << " " << target;
      }
      ++calls;
    }
  }
  EXPECT_GE(calls, 33);
}

}  // namespace
}  // namespace ioc::web::test

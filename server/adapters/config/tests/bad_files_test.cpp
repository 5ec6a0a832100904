#include "adapters/config/load.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <set>
#include <unistd.h>

namespace fs = std::filesystem;
using namespace ioc;

// Every file below tests/bad is wrong in the way of its name. Its comments `# expect: [LINE: ]key: what; cure` are the whole answer,
// in order; files of the folder config/ are tried inside a copy of tests/site.
namespace {

fs::path const here = fs::path(IOC_SOURCE_DIR) / "server/adapters/config/tests";

std::vector<std::string> expected_lines(fs::path const& file, std::string const& shown_as) {
  std::vector<std::string> out;
  std::ifstream in(file);
  for (std::string line; std::getline(in, line);) {
    constexpr std::string_view mark = "# expect: ";
    if (!line.starts_with(mark)) continue;
    auto text = line.substr(mark.size());
    if (auto const at = text.find("$DIR"); at != std::string::npos) text.replace(at, 4, file.parent_path().string());
    bool const with_line = text.find_first_not_of("0123456789") != 0;
    out.push_back(shown_as + (with_line ? ":" : ": ") + text);
  }
  return out;
}

class temporary_folder {
 public:
  temporary_folder() {
    auto pattern = (fs::temp_directory_path() / "ioc-config-XXXXXX").string();
    if (!::mkdtemp(pattern.data())) throw std::runtime_error("mkdtemp");
    path_ = pattern;
  }
  temporary_folder(temporary_folder const&) = delete;
  temporary_folder& operator=(temporary_folder const&) = delete;
  ~temporary_folder() {
    std::error_code ec;
    fs::remove_all(path_, ec);
  }
  fs::path const& path() const { return path_; }

 private:
  fs::path path_;
};

// Which file of the good site the bad one takes the place of.
fs::path replaced(std::string const& kind) {
  if (kind == "metrics") return "metrics.yaml";
  if (kind == "sources") return "sources/native.yaml";
  if (kind == "models") return "models/gauge.yaml";
  return fs::path(kind) / "03478.yaml";
}

class bad_file : public testing::TestWithParam<std::string> {};

TEST_P(bad_file, is_refused_with_file_line_key_and_cure) {
  auto const file = here / "bad" / GetParam();
  auto const kind = file.parent_path().filename().string();
  temporary_folder dir;
  fs::path shown = file;
  if (kind != "scenario" && kind != "server") {
    fs::copy(here / "site", dir.path(), fs::copy_options::recursive);
    shown = dir.path() / replaced(kind);
    fs::copy_file(file, shown, fs::copy_options::overwrite_existing);
    // What comes after the bad file would only repeat its fault.
    if (kind == "rules") fs::remove(dir.path() / "playbooks/03478.yaml"), fs::remove(dir.path() / "policy/03478.yaml");
    if (kind == "playbooks") fs::remove(dir.path() / "policy/03478.yaml");
  }
  auto const expected = expected_lines(file, shown.string());
  ASSERT_FALSE(expected.empty()) << "the file has no `# expect:` line";
  try {
    if (kind == "scenario") config::load_scenario(file.string());
    else if (kind == "server") config::load_server(file.string());
    else config::load_site(dir.path().string());
    FAIL() << "accepted";
  } catch (config::config_error const& e) {
    std::vector<std::string> got;
    for (auto const& f : e.faults()) got.push_back(f.text());
    EXPECT_EQ(got, expected);
  }
}

std::vector<std::string> all_bad_files() {
  std::set<std::string> names;
  for (auto const& e : fs::recursive_directory_iterator(here / "bad"))
    if (e.path().extension() == ".yaml") names.insert(fs::relative(e.path(), here / "bad").string());
  return {names.begin(), names.end()};
}

INSTANTIATE_TEST_SUITE_P(files, bad_file, testing::ValuesIn(all_bad_files()), [](auto const& param) {
  std::string name = param.param.substr(0, param.param.size() - 5);
  for (auto& c : name)
    if (!std::isalnum(static_cast<unsigned char>(c))) c = '_';
  return name;
});

TEST(faults, are_collected_up_to_twenty) {
  std::string text = "schema: ioc-scenario/1\n";
  for (int i = 0; i < 30; ++i) text += "wrong_" + std::to_string(i) + ": 1\n";
  temporary_folder dir;
  auto const file = (dir.path() / "many.yaml").string();
  std::ofstream(file) << text;
  try {
    config::load_scenario(file);
    FAIL();
  } catch (config::config_error const& e) {
    EXPECT_EQ(e.faults().size(), 20u);
  }
}

TEST(faults, a_missing_file_is_one_sentence) {
  try {
    config::load_server("/nowhere/iocd.yaml");
    FAIL();
  } catch (config::config_error const& e) {
    EXPECT_STREQ(e.what(), "/nowhere/iocd.yaml: cannot be read: No such file or directory; check the path and the permissions");
  }
}

}  // namespace

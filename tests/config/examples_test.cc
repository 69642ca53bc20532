#include "tests/config/support.h"

namespace settle {
namespace {

std::vector<ConfigFile> examples() {
  return {{"settled.yaml", read_file(test_folder() / "examples/settled.yaml")},
          {"web.yaml", read_file(test_folder() / "examples/web.yaml")}};
}

TEST(Examples, CompileTogether) {
  const Compiled compiled = compile(examples());
  EXPECT_FALSE(compiled.has_errors()) << render(compiled.findings, examples());
  ASSERT_EQ(compiled.specs.size(), 2U);
  EXPECT_EQ(compiled.specs[0].id.value, "batch-workers");
  EXPECT_EQ(compiled.specs[1].id.value, "web-frontend");
}

TEST(Examples, AFileOfGroupsIsEnough) {
  const std::vector<ConfigFile> files{examples()[1]};
  const Compiled compiled = compile(files);
  EXPECT_FALSE(compiled.has_errors()) << render(compiled.findings, files);
  EXPECT_EQ(compiled.specs.size(), 2U);
}

}  // namespace
}  // namespace settle

#include "pipeline/document.h"

#include <gtest/gtest.h>

namespace ingot::pipeline {
namespace {

std::string RefusalOf(const std::function<void()>& read) {
  try {
    read();
  } catch (const Refusal& refusal) {
    return refusal.message;
  }
  return "";
}

// Goal:   a Refusal names file, line and path.
// Method: places at several depths.
TEST(Document, PlacesAreNamed) {
  const Place root("f.yaml", YAML::Load("a: 1\nb:\n  - x: 2\n  - y: [3]\n"));
  EXPECT_EQ(root.At("a").Text(), "1");
  EXPECT_EQ(RefusalOf([&] { root.At("a").Flag(); }), "f.yaml:1: a: must be true or false, not '1'");
  EXPECT_EQ(RefusalOf([&] { root.At("b").Items()[1].At("y").Text(); }), "f.yaml:4: b[1].y: must be a single value");
  EXPECT_EQ(root.At("b").Items()[1].At("y").Texts(), std::vector<std::string>{"3"});
  EXPECT_EQ(RefusalOf([&] { Place("f", YAML::Load("a: 1\na: 2\n")).Entries(); }), "f:2: a: duplicate key");
}

}  // namespace
}  // namespace ingot::pipeline

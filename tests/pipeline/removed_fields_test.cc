#include "pipeline/removed_fields.h"

#include <gtest/gtest.h>

namespace ingot::pipeline {
namespace {

constexpr const char* kBoth =
    R"({"fields":{"id":{"from":[["id"]],"type":"long"},"note":{"from":[["note"]],"type":"string"}}})";
constexpr const char* kId = R"({"fields":{"id":{"from":[["id"]],"type":"long"}}})";
constexpr const char* kNote = R"({"note":{"from":[["note"]],"type":"string"}})";

// Goal:   a removed field is remembered until its name is used again; a renamed one is not removed.
// Method: one field is removed, added, and renamed.
TEST(RemovedFields, AreRememberedUntilTheyReturn) {
  EXPECT_EQ(RemovedFields("", kBoth, kId, {}), kNote);
  EXPECT_EQ(RemovedFields(kNote, kId, kId, {}), kNote);
  EXPECT_EQ(RemovedFields(kNote, kId, kBoth, {}), "");
  constexpr const char* kRenamed =
      R"({"fields":{"id":{"from":[["id"]],"type":"long"},"remark":{"from":[["note"]],"type":"string"}}})";
  EXPECT_EQ(RemovedFields("", kBoth, kRenamed, {{"note", "remark"}}), "");
  EXPECT_EQ(RemovedFields("", kBoth, kRenamed, {}), kNote);
  EXPECT_EQ(RemovedFields("", R"({"bronze":{}})", R"({"bronze":{}})", {}), "");
  EXPECT_EQ(RemovedFields("", "", kId, {}), "");
}

// Goal:   an added field is exact for existing rows only if no column of a removed field has its values or its name.
// Method: the same field, another path under the name, the same path under another name, and a dropped column.
TEST(RemovedFields, DecideWhetherExistingRowsDiffer) {
  const std::vector<std::string> columns{"id", "note"};
  EXPECT_EQ(RemovedFieldDiffers(kNote, kBoth, "note", {"note"}, columns), "");
  constexpr const char* kOther = R"({"fields":{"note":{"from":[["text"]],"type":"string"}}})";
  EXPECT_NE(RemovedFieldDiffers(kNote, kOther, "note", {"text"}, columns), "");
  constexpr const char* kRemark = R"({"fields":{"remark":{"from":[["note"]],"type":"string"}}})";
  EXPECT_NE(RemovedFieldDiffers(kNote, kRemark, "remark", {"note"}, columns), "");
  EXPECT_EQ(RemovedFieldDiffers(kNote, kRemark, "remark", {"note"}, {"id"}), "");
  EXPECT_EQ(RemovedFieldDiffers("", kRemark, "remark", {"note"}, columns), "");
  EXPECT_EQ(RemovedFieldDiffers("damaged", kRemark, "remark", {"note"}, columns), "");
}

}  // namespace
}  // namespace ingot::pipeline

// Tests that every storage must pass.
#pragma once

#include <gtest/gtest.h>

#include "storage/location.h"
#include "storage/storage.h"

namespace ingot::storage {

inline void CheckConformance(Storage& storage, const std::string& folder) {
  const std::string file = JoinLocation(folder, "deep/er/one.txt"), other = JoinLocation(folder, "two.txt");
  EXPECT_EQ(storage.ReadAll(file).error().kind, ErrorKind::kNotFound);
  EXPECT_FALSE(*storage.Exists(file));
  ASSERT_TRUE(storage.CreateAtomic(file, "first"));
  EXPECT_EQ(storage.CreateAtomic(file, "second").error().kind, ErrorKind::kExists);
  EXPECT_EQ(*storage.ReadAll(file), "first");
  const auto stream = *storage.OpenOutput(other);
  ASSERT_TRUE(stream->Write("some bytes", 10).ok());
  ASSERT_TRUE(stream->Close().ok());
  const auto input = *storage.OpenInput(other);
  EXPECT_EQ((*input->ReadAt(5, 5))->ToString(), "bytes");
  const auto listed = *storage.List(folder);
  ASSERT_EQ(listed.size(), 2u);
  EXPECT_EQ(listed[0].bytes, 5);
  EXPECT_TRUE(storage.List(JoinLocation(folder, "none"))->empty());
  ASSERT_TRUE(storage.Delete(file));
  ASSERT_TRUE(storage.Delete(file));
  EXPECT_FALSE(*storage.Exists(file));
}

}  // namespace ingot::storage

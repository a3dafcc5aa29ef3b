#include "avro/codec.h"

#include <gtest/gtest.h>

namespace ingot::avro {
namespace {

// Goal:   the checksum of a snappy block is verified. Method: "aaaa" as other writers compress it, then each byte
// changed; an unknown codec.
TEST(AvroCodec, SnappyChecksum) {
  const std::string good(
      "\x04\x0c"
      "aaaa"
      "\xad\x98\xe5\x45",
      10);
  EXPECT_EQ(DecompressAvroBlock("snappy", good).value_or(""), "aaaa");
  for (size_t i = 0; i < good.size(); ++i) {
    std::string bent = good;
    bent[i] = char(bent[i] ^ 1);
    const auto plain = DecompressAvroBlock("snappy", bent);
    EXPECT_EQ(plain ? ErrorKind::kInternal : plain.error().kind, ErrorKind::kCorrupt) << i;
  }
  EXPECT_EQ(DecompressAvroBlock("snappy", "abc").error().kind, ErrorKind::kCorrupt);
  EXPECT_EQ(DecompressAvroBlock("rot13", "abc").error().kind, ErrorKind::kUnsupported);
}

}  // namespace
}  // namespace ingot::avro

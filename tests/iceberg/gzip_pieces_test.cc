#include "iceberg/gzip_pieces.h"

#include <gtest/gtest.h>

#include "iceberg/deflate.h"

namespace ingot::iceberg {
namespace {

// Goal:   whatever the pieces, what any reader gets is the text. Method: a text that grows at its end and changes at
// its begin, with cuts that move along, without cuts, empty.
TEST(GzipPieces, IsOneMemberOfGzip) {
  GzipPieces pieces;
  EXPECT_EQ(*Inflate(pieces.Compress("", {}), DeflateFrame::kGzip), "");
  EXPECT_EQ(*Inflate(pieces.Compress("some text", {}), DeflateFrame::kGzip), "some text");
  std::string body;
  size_t first = 0, last = 0;
  for (int turn = 0; turn < 300; ++turn) {
    std::string text = "head " + std::to_string(turn * turn) + ":";
    const size_t head = text.size();
    body += "{\"snapshot\": " + std::to_string(turn * 7919) + ", \"summary\": {\"operation\": \"append\"}},";
    text += body;
    std::vector<size_t> cuts;
    // Behind the head and behind each text that ends with a multiple of 50.
    cuts.push_back(head);
    for (size_t at = text.find("}},", head), i = 0; at != std::string::npos; at = text.find("}},", at + 1), ++i)
      if (i % 50 == 49) cuts.push_back(at + 3);
    const std::string gzip = pieces.Compress(text, cuts);
    ASSERT_EQ(*Inflate(gzip, DeflateFrame::kGzip), text) << turn;
    (turn == 0 ? first : last) = gzip.size();
  }
  EXPECT_LT(last, body.size() / 4);
  EXPECT_LT(first, 200u);
}

}  // namespace
}  // namespace ingot::iceberg

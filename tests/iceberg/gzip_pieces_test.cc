#include "iceberg/gzip_pieces.h"

#include <gtest/gtest.h>

#include <vector>

#include "avro/deflate.h"

namespace ingot::iceberg {
namespace {

TextPiece Piece(const std::string& text, uint64_t key) {
  return {.key = {key, key}, .bytes = text.size(), .append = [text](std::string& to) { to += text; }};
}

// Goal:   any gzip reader decompresses the pieces to the original text.
// Method: a text that grows at its end and changes at its beginning; no piece; an empty piece.
TEST(GzipPieces, IsOneGzipMember) {
  GzipPieces compressed;
  EXPECT_EQ(*avro::Inflate(compressed.Compress({}), avro::DeflateFrame::kGzip), "");
  EXPECT_EQ(*avro::Inflate(compressed.Compress(std::vector{Piece("some text", 0)}), avro::DeflateFrame::kGzip),
            "some text");
  std::vector<TextPiece> body;
  size_t first = 0, last = 0, bytes = 0;
  for (int turn = 0; turn < 300; ++turn) {
    std::vector<TextPiece> pieces{Piece("head " + std::to_string(turn * turn), 0)};
    std::string text;
    for (int i = 0; i < 50; ++i)
      text += "{\"snapshot\": " + std::to_string(turn * 7919 + i) + ", \"operation\": \"append\"},";
    body.push_back(Piece(text, uint64_t(turn + 1)));
    pieces.insert(pieces.end(), body.begin(), body.end());
    const std::string gzip = compressed.Compress(pieces), whole = WholeText(pieces);
    ASSERT_EQ(*avro::Inflate(gzip, avro::DeflateFrame::kGzip), whole) << turn;
    (turn == 0 ? first : last) = gzip.size();
    bytes = whole.size();
  }
  EXPECT_LT(last, bytes / 4);
  EXPECT_LT(first, 400u);
}

// Goal:   a cached piece is not built again.
// Method: count the requests for its text.
TEST(GzipPieces, CachedPiecesAreReused) {
  GzipPieces compressed;
  int made = 0;
  const std::vector<TextPiece> pieces{
      {.key = {1, 2}, .bytes = 3, .append = [&](std::string& to) { to += "abc", ++made; }}};
  const std::string once = compressed.Compress(pieces);
  EXPECT_EQ(compressed.Compress(pieces), once);
  EXPECT_EQ(made, 1);
}

}  // namespace
}  // namespace ingot::iceberg

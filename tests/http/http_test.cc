#include "http/http.h"

#include <gtest/gtest.h>

namespace ingot::http {
namespace {

// Goal:   reserved characters are percent-encoded. Method: letters, punctuation, non-ASCII bytes.
TEST(Http, UrlEncode) {
  EXPECT_EQ(UrlEncode("az-09._~"), "az-09._~");
  EXPECT_EQ(UrlEncode("a b/c\x1f?"), "a%20b%2Fc%1F%3F");
  EXPECT_EQ(UrlEncode("\xc3\xa4"), "%C3%A4");
}

// Goal:   an unreachable server is retryable; an invalid URL is a configuration error. Method: both.
TEST(Http, Errors) {
  HttpClient client;
  EXPECT_EQ(client.Send({.url = "http://127.0.0.1:1/"}).error().kind, ErrorKind::kRetry);
  EXPECT_EQ(client.Send({.url = "nothing://x"}).error().kind, ErrorKind::kBadConfig);
}

}  // namespace
}  // namespace ingot::http

#include "http/http.h"

#include <gtest/gtest.h>

namespace ingot::http {
namespace {

// Goal:   an unreachable server is retryable; an invalid URL is a configuration error. Method: both.
TEST(Http, Errors) {
  HttpClient client;
  EXPECT_EQ(client.Send({.url = "http://127.0.0.1:1/"}).error().kind, ErrorKind::kRetry);
  EXPECT_EQ(client.Send({.url = "nothing://x"}).error().kind, ErrorKind::kBadConfig);
}

}  // namespace
}  // namespace ingot::http

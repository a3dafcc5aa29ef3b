#include "http/http.h"

#include <gtest/gtest.h>

namespace ingot::http {
namespace {

// Goal:   a server that is not there was not asked; an address that is none is a wrong setting. Method: both.
TEST(Http, Errors) {
  HttpClient client;
  EXPECT_EQ(client.Send({.url = "http://127.0.0.1:1/"}).error().kind, ErrorKind::kRetry);
  EXPECT_EQ(client.Send({.url = "nothing://x"}).error().kind, ErrorKind::kBadConfig);
}

}  // namespace
}  // namespace ingot::http

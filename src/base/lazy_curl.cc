// libcurl by its own names, opened when it is first called: it brings twenty libraries along, loading which was half of
// the time that starting the program takes. Librdkafka (for OAuth) and our catalogs call it here.
#include <curl/curl.h>

#include <cstdarg>

#include "base/lazy_library.h"

// clang-format off
#define INGOT_CURL_FUNCTIONS(X) \
  X(curl_easy_cleanup) X(curl_easy_escape) X(curl_easy_getinfo) X(curl_easy_init) X(curl_easy_perform) X(curl_easy_reset) \
  X(curl_easy_setopt) X(curl_easy_strerror) X(curl_global_init) X(curl_slist_append) X(curl_slist_free_all) \
  X(curl_url) X(curl_url_cleanup) X(curl_url_get) X(curl_url_set)
// clang-format on

namespace ingot::curl {
namespace {

INGOT_LAZY_DEFINE(INGOT_CURL_FUNCTIONS)

bool Loaded() {
  static const bool loaded = OpenLibrary("libcurl.so.4", {INGOT_CURL_FUNCTIONS(INGOT_LAZY_ENTRY)}).has_value();
  return loaded;
}

}  // namespace
}  // namespace ingot::curl

namespace curl = ingot::curl;

// What comes first or makes something opens the library; the rest is only called with what these made. Options and
// answers are one word each.
extern "C" {

CURLcode curl_global_init(long flags) {
  return curl::Loaded() ? curl::curl_global_init(flags) : CURLE_FAILED_INIT;
}
CURL* curl_easy_init() {
  return curl::Loaded() ? curl::curl_easy_init() : nullptr;
}
CURLU* curl_url() {
  return curl::Loaded() ? curl::curl_url() : nullptr;
}
curl_slist* curl_slist_append(curl_slist* list, const char* text) {
  return curl::Loaded() ? curl::curl_slist_append(list, text) : nullptr;
}
const char* curl_easy_strerror(CURLcode code) {
  return curl::Loaded() ? curl::curl_easy_strerror(code) : "libcurl.so.4 cannot be opened";
}

CURLcode curl_easy_setopt(CURL* handle, CURLoption option, ...) {
  va_list arguments;
  va_start(arguments, option);
  void* const value = va_arg(arguments, void*);
  va_end(arguments);
  return curl::curl_easy_setopt(handle, option, value);
}
CURLcode curl_easy_getinfo(CURL* handle, CURLINFO info, ...) {
  va_list arguments;
  va_start(arguments, info);
  void* const answer = va_arg(arguments, void*);
  va_end(arguments);
  return curl::curl_easy_getinfo(handle, info, answer);
}

CURLcode curl_easy_perform(CURL* handle) {
  return curl::curl_easy_perform(handle);
}
void curl_easy_reset(CURL* handle) {
  curl::curl_easy_reset(handle);
}
void curl_easy_cleanup(CURL* handle) {
  curl::curl_easy_cleanup(handle);
}
char* curl_easy_escape(CURL* handle, const char* text, int length) {
  return curl::curl_easy_escape(handle, text, length);
}
void curl_slist_free_all(curl_slist* list) {
  curl::curl_slist_free_all(list);
}
void curl_url_cleanup(CURLU* url) {
  curl::curl_url_cleanup(url);
}
CURLUcode curl_url_get(CURLU* url, CURLUPart part, char** text, unsigned flags) {
  return curl::curl_url_get(url, part, text, flags);
}
CURLUcode curl_url_set(CURLU* url, CURLUPart part, const char* text, unsigned flags) {
  return curl::curl_url_set(url, part, text, flags);
}

}  // extern "C"

#include "catalog/postgres_uri.h"

#include <algorithm>

#include "base/url_encoding.h"

namespace ingot::catalog {

PostgresUri ParsePostgresUri(std::string_view uri) {
  uri.remove_prefix(std::min(uri.size(), uri.find("://") + 3));
  PostgresUri parts;
  if (const size_t at = uri.find_first_of("@/"); at != std::string_view::npos && uri[at] == '@') {
    const std::string_view login = uri.substr(0, at);
    const size_t colon = login.find(':');
    parts.user = UrlDecode(login.substr(0, colon));
    if (colon != std::string_view::npos) parts.password = UrlDecode(login.substr(colon + 1));
    uri.remove_prefix(at + 1);
  }
  const size_t question = std::min(uri.find('?'), uri.size());
  parts.server = uri.substr(0, question);
  uri.remove_prefix(std::min(uri.size(), question + 1));
  char joint = '?';
  while (!uri.empty()) {
    const std::string_view parameter = uri.substr(0, uri.find('&'));
    uri.remove_prefix(std::min(uri.size(), parameter.size() + 1));
    const size_t equals = parameter.find('=');
    const std::string_view key = parameter.substr(0, equals);
    std::string* const part = key == "user" ? &parts.user : key == "password" ? &parts.password : nullptr;
    if (part != nullptr && equals != std::string_view::npos) {
      *part = UrlDecode(parameter.substr(equals + 1));
    } else {
      (parts.server += joint) += parameter;
      joint = '&';
    }
  }
  return parts;
}

}  // namespace ingot::catalog

// Percent-encoding of bytes. Source: RFC 3986, sections 2.1 and 2.3.
#pragma once

#include <string>
#include <string_view>

namespace ingot {

/// Encodes everything but letters, digits and -._~, e.g. "a b" as "a%20b". The result is valid in a URL path, a query
/// and a file name.
std::string UrlEncode(std::string_view text);

/// Decodes "a%20b" to "a b". Invalid escapes and "%00", which no path can contain, are left unchanged.
std::string UrlDecode(std::string_view text);

/// Appends "%XX".
void AppendEscape(char byte, std::string& text);

}  // namespace ingot

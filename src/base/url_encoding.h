// Percent-encoding of bytes. Source: RFC 3986, sections 2.1 and 2.3.
#pragma once

#include <string>
#include <string_view>

namespace ingot {

/// "a b" gives "a%20b": everything but letters, digits and -._~ is encoded, so that the result can stand in a path, a
/// query, or the name of a file.
std::string UrlEncode(std::string_view text);

/// "a%20b" gives "a b". What is no escape stays as it is, and so does "%00", which no path can hold.
std::string UrlDecode(std::string_view text);

void AppendEscape(char byte, std::string& text);

}  // namespace ingot

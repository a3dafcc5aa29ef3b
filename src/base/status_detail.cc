#include "base/status_detail.h"

#include <cstring>
#include <memory>

namespace ingot {
namespace {

constexpr const char* kTypeId = "ingot::ErrorKind";

class KindDetail : public arrow::StatusDetail {
 public:
  explicit KindDetail(ErrorKind kind) : kind_(kind) {}
  const char* type_id() const override { return kTypeId; }
  std::string ToString() const override { return std::string(ErrorKindName(kind_)); }
  ErrorKind kind() const { return kind_; }

 private:
  const ErrorKind kind_;
};

}  // namespace

arrow::Status ToArrow(const Error& error) {
  return arrow::Status::FromDetailAndArgs(arrow::StatusCode::IOError, std::make_shared<KindDetail>(error.kind),
                                          error.message);
}

std::optional<ErrorKind> KindOf(const arrow::Status& status) {
  const auto& detail = status.detail();
  if (detail == nullptr || std::strcmp(detail->type_id(), kTypeId) != 0) return std::nullopt;
  return static_cast<const KindDetail&>(*detail).kind();
}

}  // namespace ingot

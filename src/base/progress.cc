#include "base/progress.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

namespace ingot {

ProgressLine::ProgressLine(std::string title, int64_t total, std::string unit)
    : title_(std::move(title)), total_(total), unit_(std::move(unit)), visible_(isatty(STDERR_FILENO) == 1) {}

ProgressLine::~ProgressLine() {
  if (visible_ && drawn_tenths_ >= 0) std::fputs("\r\x1b[K", stderr);
}

void ProgressLine::Add(int64_t amount) {
  done_ += amount;
  if (!visible_) return;
  const int64_t tenths = int64_t(watch_.Seconds() * 10);
  int64_t drawn = drawn_tenths_;
  if (tenths > drawn && drawn_tenths_.compare_exchange_strong(drawn, tenths)) Draw();
}

void ProgressLine::Draw() {
  const double done = double(done_.load());
  const double rate = done / std::max(watch_.Seconds(), 1e-3);
  std::string line = fmt::format("\r\x1b[K{:<10} ", title_);
  if (total_ > 0) {
    constexpr int kCells = 30;
    const double share = std::min(1.0, done / double(total_));
    const int full = int(share * kCells);
    for (int i = 0; i < kCells; ++i) line += i < full ? "█" : "░";
    line += fmt::format(" {:3.0f} %  ", share * 100);
  }
  line += fmt::format("{} {}  {}/s", HumanCount(done), unit_, HumanCount(rate));
  if (total_ > 0 && rate > 0) line += fmt::format("  {:.0f} s left", std::max(0.0, (double(total_) - done) / rate));
  std::fputs(line.c_str(), stderr);
  std::fflush(stderr);
}

namespace {
std::string Scaled(double value, const char* const* units) {
  int step = 0;
  while (value >= 1000 && step < 4) value /= 1000, ++step;
  const int decimals = step == 0 || value >= 100 ? 0 : value >= 10 ? 1 : 2;
  return fmt::format("{:.{}f}{}", value, decimals, units[step]);
}
}  // namespace

std::string HumanCount(double value) {
  static const char* const kUnits[] = {"", " k", " M", " G", " T"};
  return Scaled(value, kUnits);
}

std::string HumanBytes(double bytes) {
  static const char* const kUnits[] = {" B", " kB", " MB", " GB", " TB"};
  return Scaled(bytes, kUnits);
}

}  // namespace ingot

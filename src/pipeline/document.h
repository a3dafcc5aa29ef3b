// Reads a YAML document strictly. Every key must be known; every error has its line and the nearest valid word.
#pragma once

#include <yaml-cpp/yaml.h>

#include <string>
#include <vector>

#include "base/result.h"
#include "pipeline/keys.h"

namespace ingot::pipeline {

/// An exception inside the parser of the pipeline file. The public functions convert it to an Error.
struct Refusal {
  std::string message;
};

/// A node of the document, with the path of keys to it for messages.
class Place {
 public:
  Place(std::string file, const YAML::Node& node, std::string path = "")
      : file_(std::move(file)), path_(std::move(path)), node_(node) {}

  [[noreturn]] void Refuse(const std::string& why) const;

  /// Checks that the node is a map whose keys are all among `keys`. Required keys must be present, and values must
  /// have the kind of their key. Throws Refusal.
  void CheckSection(const std::vector<Key>& keys) const;
  bool Has(const std::string& key) const { return node_.IsMap() && node_[key].IsDefined() && !node_[key].IsNull(); }
  Place At(const std::string& key) const;
  std::vector<Place> Items() const;
  std::vector<std::pair<std::string, Place>> Entries() const;

  /// A scalar, with ${VARIABLES} replaced.
  std::string Text() const;
  std::string Text(const std::string& key, const std::string& fallback) const {
    return Has(key) ? At(key).Text() : fallback;
  }
  bool Flag() const;
  /// A scalar, or a list of scalars.
  std::vector<std::string> Texts() const;

  /// Returns the value, or throws Refusal with this place.
  template <typename T>
  T Take(Result<T> result) const {
    if (!result) Refuse(result.error().message);
    return std::move(*result);
  }

 private:
  std::string file_, path_;
  YAML::Node node_;
};

}  // namespace ingot::pipeline

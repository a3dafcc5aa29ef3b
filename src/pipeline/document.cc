#include "pipeline/document.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/spelling.h"
#include "pipeline/keys.h"
#include "pipeline/pipeline.h"

namespace ingot::pipeline {

void Place::Refuse(const std::string& why) const {
  const YAML::Mark mark = node_.Mark();
  throw Refusal{
      fmt::format("{}:{}: {}{}{}", file_, mark.is_null() ? 1 : mark.line + 1, path_, path_.empty() ? "" : ": ", why)};
}

Place Place::At(const std::string& key) const {
  return Place(file_, node_[key], path_.empty() ? key : path_ + "." + key);
}

std::vector<Place> Place::Items() const {
  if (!node_.IsSequence()) Refuse("must be a list");
  std::vector<Place> items;
  for (size_t i = 0; i < node_.size(); ++i) items.emplace_back(file_, node_[i], fmt::format("{}[{}]", path_, i));
  return items;
}

std::vector<std::pair<std::string, Place>> Place::Entries() const {
  if (!node_.IsMap()) Refuse("must be a map of name: value");
  std::vector<std::pair<std::string, Place>> entries;
  std::set<std::string> seen;
  for (const auto& entry : node_) {
    const auto key = entry.first.as<std::string>();
    const Place place(file_, entry.first, path_.empty() ? key : path_ + "." + key);
    if (!seen.insert(key).second) place.Refuse("duplicate key");
    entries.emplace_back(key, Place(file_, entry.second, path_.empty() ? key : path_ + "." + key));
  }
  return entries;
}

std::string Place::Text() const {
  if (!node_.IsScalar()) Refuse("must be a single value");
  return Take(ExpandEnvironment(node_.Scalar()));
}

bool Place::Flag() const {
  const std::string text = Text();
  if (text != "true" && text != "false") Refuse("must be true or false, not '" + text + "'");
  return text == "true";
}

std::vector<std::string> Place::Texts() const {
  if (node_.IsScalar()) return {Text()};
  std::vector<std::string> texts;
  for (const Place& item : Items()) texts.push_back(item.Text());
  return texts;
}

void Place::CheckSection(const std::vector<Key>& keys) const {
  if (!node_.IsMap()) Refuse(fmt::format("must be a map with keys such as '{}'", keys[0].name));
  (void)Entries();  // checks that no key occurs twice
  for (const auto& entry : node_) {
    const auto name = entry.first.as<std::string>();
    const auto key = std::ranges::find(keys, name, &Key::name);
    if (key == keys.end())
      Place(file_, entry.first, path_).Refuse("unknown key '" + name + "'" + DidYouMean(name, KeyNames(keys)));
    const std::string path = path_.empty() ? name : path_ + "." + name;
    if (entry.second.IsNull()) Place(file_, entry.first, path).Refuse("has no value: write one, or remove the key");
    const Place place(file_, entry.second, path);
    if (key->kind == Key::Kind::kObject) place.CheckSection(*key->section);
    if (key->kind == Key::Kind::kList)
      for (const Place& item : place.Items()) item.CheckSection(*key->section);
    if (key->kind == Key::Kind::kMap)
      for (const auto& [item_name, item] : place.Entries())
        if (key->section != nullptr) item.CheckSection(*key->section);
    if (key->kind == Key::Kind::kTexts) {
      std::vector<std::string> texts = place.Texts();
      std::ranges::sort(texts);
      if (const auto twice = std::ranges::adjacent_find(texts); twice != texts.end())
        place.Refuse("'" + *twice + "' is listed twice");
    }
    if (!key->words.empty()) {
      const std::string word = place.Text();
      const std::vector<std::string> words(key->words.begin(), key->words.end());
      if (std::ranges::find(words, word) == words.end())
        place.Refuse(fmt::format("'{}' is none of {}{}", word, fmt::join(words, ", "), DidYouMean(word, words)));
    }
  }
  for (const Key& key : keys)
    if (key.required && !Has(std::string(key.name))) Refuse(fmt::format("'{}' is missing: {}", key.name, key.help));
}

}  // namespace ingot::pipeline

// Documents of names and globs -> feature ids, hash and documentation.
#include "libnta/flows/feature_set.hpp"

#include "libnta/core/error.hpp"
#include "libnta/core/sha256.hpp"
#include "libnta/flows/documents.hpp"
#include "libnta/flows/json_object.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace nta {
namespace {

using Names = std::vector<std::string>;

std::array<FeatureDescription, kFeatureCount> const& all_features() {
  static std::array<FeatureDescription, kFeatureCount> const kAll = describe_features();
  return kAll;
}

std::string_view type_name(FeatureDescription const& feature) {
  return feature.integer ? "i64" : "f64";
}

Document find_set(std::string const& name) {
  Names known;
  for (Document const& document : feature_set_documents()) {
    if (document.name == name) {
      return document;
    }
    known.emplace_back(document.name);
  }
  fail(ErrorKind::usage, "no feature set \"{}\"; there are: {}", name, fmt::join(known, ", "));
}

std::vector<int> published_ids(std::string const& name) {
  Document const document = find_set(name);
  std::string const source = "feature set " + name;
  auto const value = parse_strict(document.text, source);
  JsonObject object(value, {source, ""});
  object.text("name");
  object.integer("version", 1, 1'000'000);
  std::vector<int> ids;
  for (std::string const& feature : object.texts("features")) {
    auto const& all = all_features();
    auto const found = std::find_if(all.begin(), all.end(),
                                    [&](auto const& known) { return known.name == feature; });
    if (found == all.end()) {
      object.place("features").refuse("no feature \"{}\"", feature);
    }
    ids.push_back(static_cast<int>(found - all.begin()));
  }
  object.finish();
  return ids;
}

std::string const& name_of(int id) {
  return all_features()[static_cast<std::size_t>(id)].name;
}

bool any_matches(Names const& globs, std::string const& name) {
  return std::any_of(globs.begin(), globs.end(),
                     [&](auto const& glob) { return glob_matches(glob, name); });
}

void refuse_idle_globs(Names const& globs, std::vector<int> const& ids, std::string const& set) {
  for (auto const& glob : globs) {
    bool const used = std::any_of(ids.begin(), ids.end(),
                                  [&](int id) { return glob_matches(glob, name_of(id)); });
    NTA_EXPECTS(used, ErrorKind::usage, "\"{}\" matches no feature of set {}", glob, set);
  }
}

std::string hash_of_ids(std::vector<int> const& ids) {
  auto list = nlohmann::json::array();
  for (int const id : ids) {
    auto const& feature = all_features()[static_cast<std::size_t>(id)];
    list.push_back({feature.name, feature.unit, type_name(feature), feature.version});
  }
  return sha256_hex(list.dump());
}

}  // namespace

FeatureSet select_features(FeatureSelection const& selection) {
  FeatureSet set;
  set.name = selection.set;
  auto const ids = published_ids(selection.set);
  refuse_idle_globs(selection.include, ids, selection.set);
  refuse_idle_globs(selection.exclude, ids, selection.set);
  for (int const id : ids) {
    bool const in = selection.include.empty() || any_matches(selection.include, name_of(id));
    if (in && !any_matches(selection.exclude, name_of(id))) {
      set.ids.push_back(id);
    }
  }
  NTA_EXPECTS(!set.ids.empty(), ErrorKind::usage, "the selection leaves no feature of set {}",
              selection.set);
  set.sha256 = hash_of_ids(set.ids);
  return set;
}

std::vector<std::string> feature_names() {
  Names names;
  for (auto const& feature : all_features()) {
    names.push_back(feature.name);
  }
  return names;
}

std::vector<FeatureDoc> feature_docs(FeatureSet const& set) {
  std::vector<FeatureDoc> docs;
  for (int const id : set.ids) {
    auto const& feature = all_features()[static_cast<std::size_t>(id)];
    docs.push_back({feature.name, feature.unit, std::string(type_name(feature)), feature.text});
  }
  return docs;
}

std::string feature_list_text(FeatureSet const& set) {
  auto const docs = feature_docs(set);
  std::size_t width = 0;
  for (auto const& doc : docs) {
    width = std::max(width, doc.name.size());
  }
  std::string text;
  for (auto const& doc : docs) {
    text +=
        fmt::format("{:<{}}  {:<4}  {}  {}\n", doc.name, width, doc.unit, doc.type, doc.definition);
  }
  return text;
}

}  // namespace nta

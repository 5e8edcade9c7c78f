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

std::string_view type_name(FeatureDescription const& feature) {
  return feature.integer ? "i64" : "f64";
}

Document find_set(std::string const& name) {
  for (Document const& document : feature_set_documents()) {
    if (document.name == name) {
      return document;
    }
  }
  fail(ErrorKind::usage, "no feature set \"{}\"; there are: {}", name,
       fmt::join(feature_set_names(), ", "));
}

FeatureDescription const& feature_at(SetFamily family, int id) {
  return features_of(family)[static_cast<std::size_t>(id)];
}

/// Name, family and ids, of the whole document.
FeatureSet published_set(Document const& document) {
  std::string const source = "feature set " + std::string(document.name);
  auto const value = parse_strict(document.text, source);
  JsonObject object(value, {source, ""});
  FeatureSet set;
  set.name = object.text("name");
  object.integer("version", 1, 1'000'000);
  set.family = object.choice<SetFamily>(
      "family",
      {{"nta", SetFamily::nta}, {"cic76", SetFamily::cic76}, {"nfstream", SetFamily::nfstream}});
  for (std::string const& feature : object.texts("features")) {
    auto const& all = features_of(set.family);
    auto const found = std::find_if(all.begin(), all.end(),
                                    [&](auto const& known) { return known.name == feature; });
    if (found == all.end()) {
      object.place("features").refuse("no feature \"{}\"", feature);
    }
    set.ids.push_back(static_cast<int>(found - all.begin()));
  }
  object.finish();
  return set;
}

bool any_matches(Names const& globs, std::string const& name) {
  return std::any_of(globs.begin(), globs.end(),
                     [&](auto const& glob) { return glob_matches(glob, name); });
}

void refuse_idle_globs(Names const& globs, FeatureSet const& set) {
  for (auto const& glob : globs) {
    bool const used = std::any_of(set.ids.begin(), set.ids.end(), [&](int id) {
      return glob_matches(glob, feature_at(set.family, id).name);
    });
    NTA_EXPECTS(used, ErrorKind::usage, "\"{}\" matches no feature of set {}", glob, set.name);
  }
}

std::string hash_of(FeatureSet const& set) {
  auto list = nlohmann::json::array();
  for (int const id : set.ids) {
    auto const& feature = feature_at(set.family, id);
    list.push_back({feature.name, feature.unit, type_name(feature), feature.version});
  }
  return sha256_hex(list.dump());
}

}  // namespace

std::vector<FeatureDescription> const& features_of(SetFamily family) {
  return visit_set(family, []<class Set>(Set) -> std::vector<FeatureDescription> const& {
    static auto const kAll = describe_features<typename Set::Features>();
    return kAll;
  });
}

FeatureSet select_features(FeatureSelection const& selection) {
  FeatureSet set = published_set(find_set(selection.set));
  refuse_idle_globs(selection.include, set);
  refuse_idle_globs(selection.exclude, set);
  std::erase_if(set.ids, [&](int id) {
    std::string const& name = feature_at(set.family, id).name;
    bool const in = selection.include.empty() || any_matches(selection.include, name);
    return !in || any_matches(selection.exclude, name);
  });
  NTA_EXPECTS(!set.ids.empty(), ErrorKind::usage, "the selection leaves no feature of set {}",
              selection.set);
  set.sha256 = hash_of(set);
  return set;
}

std::vector<std::string> feature_set_names() {
  Names names;
  for (Document const& document : feature_set_documents()) {
    names.emplace_back(document.name);
  }
  return names;
}

SetFamily family_of_set(std::string_view set_name) {
  for (Document const& document : feature_set_documents()) {
    if (document.name == set_name) {
      return published_set(document).family;
    }
  }
  return SetFamily::nta;
}

std::vector<std::string> feature_names(SetFamily family) {
  Names names;
  for (auto const& feature : features_of(family)) {
    names.push_back(feature.name);
  }
  return names;
}

std::vector<FeatureDoc> feature_docs(FeatureSet const& set) {
  std::vector<FeatureDoc> docs;
  for (int const id : set.ids) {
    auto const& feature = feature_at(set.family, id);
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

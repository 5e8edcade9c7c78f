#include "libnta/config/suggest.hpp"

#include <algorithm>
#include <array>
#include <numeric>
#include <utility>

namespace nta {
namespace {

// Words of other tools, each with ours.
constexpr std::array<std::pair<std::string_view, std::string_view>, 32> kSynonyms{{
    {"learning_rate", "lr"},
    {"rate", "lr"},
    {"wd", "weight_decay"},
    {"decay", "weight_decay"},
    {"l2", "weight_decay"},
    {"batch", "batch_size"},
    {"bs", "batch_size"},
    {"n_epochs", "epochs"},
    {"num_epochs", "epochs"},
    {"max_epochs", "epochs"},
    {"steps", "max_steps"},
    {"optim", "optimizer"},
    {"optimiser", "optimizer"},
    {"scheduler", "schedule"},
    {"lr_schedule", "schedule"},
    {"warmup", "warmup_steps"},
    {"early_stopping", "early_stop"},
    {"grad_clip", "clip"},
    {"max_norm", "norm"},
    {"clip_norm", "norm"},
    {"hidden_size", "hidden"},
    {"hidden_sizes", "hidden"},
    {"num_layers", "layers"},
    {"n_layers", "layers"},
    {"latent", "code"},
    {"bottleneck", "code"},
    {"random_seed", "seed"},
    {"type", "kind"},
    {"val", "validation"},
    {"paths", "files"},
    {"sampler_kind", "sampler"},
    {"preprocessing", "preparation"},
}};

void collect(FieldType const& type, std::string const& prefix, std::vector<std::string>& out) {
  auto const add = [&](FieldSpec const& field) {
    std::string const path = prefix.empty() ? field.name : prefix + "." + field.name;
    if (std::find(out.begin(), out.end(), path) != out.end()) return;
    out.push_back(path);
    collect(field.type, path, out);
  };
  for (FieldSpec const& field : type.fields) add(field);
  if (type.kind == FieldType::Kind::list) collect(*type.element, prefix + "[i]", out);
  if (!type.variants.empty()) out.push_back(prefix + ".kind");
  for (FieldSpec const& variant : type.variants) {
    for (FieldSpec const& field : variant.type.fields) add(field);
  }
}

std::string last_key(std::string_view path) {
  return std::string(path.substr(path.find_last_of(".]") + 1));
}

std::string pointer_of(std::string path) {
  for (std::size_t at = path.find("[i]"); at != std::string::npos; at = path.find("[i]", at)) {
    path.replace(at, 3, ".*");
  }
  std::replace(path.begin(), path.end(), '.', '/');
  return "/" + path;
}

std::vector<std::string> places_of(std::string_view key, FieldType const& root) {
  std::vector<std::string> places;
  for (std::string const& path : all_paths(root)) {
    if (last_key(path) == key) places.push_back(pointer_of(path));
  }
  return places;
}

std::string listed(std::vector<std::string> const& words, std::size_t most) {
  std::string text;
  for (std::size_t i = 0; i < words.size() && i < most; ++i) {
    text += (i == 0 ? "" : ", ") + words[i];
  }
  return words.size() > most ? text + ", ..." : text;
}

}  // namespace

std::size_t edit_distance(std::string_view a, std::string_view b, std::size_t limit) {
  std::size_t const difference = a.size() > b.size() ? a.size() - b.size() : b.size() - a.size();
  if (difference > limit || a.size() > 64 || b.size() > 64) return limit + 1;
  std::vector<std::size_t> before(b.size() + 1);
  std::vector<std::size_t> above(b.size() + 1);
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(above.begin(), above.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      std::size_t const replaced = above[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      row[j] = std::min({above[j] + 1, row[j - 1] + 1, replaced});
      bool const swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (swapped) row[j] = std::min(row[j], before[j - 2] + 1);
    }
    std::swap(before, above);
    std::swap(above, row);
  }
  return std::min(above[b.size()], limit + 1);
}

std::string nearest(std::string_view word, std::vector<std::string> const& candidates) {
  std::string best;
  std::size_t best_distance = 3;
  for (std::string const& candidate : candidates) {
    std::size_t const distance = edit_distance(word, candidate);
    bool const plausible = 2 * distance <= std::max(word.size(), candidate.size());
    if (plausible && distance < best_distance) {
      best = candidate;
      best_distance = distance;
    }
  }
  return best;
}

std::string_view synonym_of(std::string_view key) {
  for (auto const& [synonym, ours] : kSynonyms) {
    if (synonym == key) return ours;
  }
  return "";
}

std::vector<std::string> all_paths(FieldType const& root) {
  std::vector<std::string> out;
  collect(root, "", out);
  return out;
}

std::string did_you_mean(std::string_view word, std::vector<std::string> const& candidates) {
  std::string const best = nearest(word, candidates);
  return best.empty() ? "" : "did you mean \"" + best + "\"?";
}

KeyAdvice advise_key(std::string_view key, std::vector<std::string> const& siblings,
                     FieldType const& root) {
  std::string const synonym(synonym_of(key));
  bool const is_sibling = std::find(siblings.begin(), siblings.end(), synonym) != siblings.end();
  std::string const best = is_sibling ? synonym : nearest(key, siblings);
  if (!best.empty()) return {"unknown key", "did you mean \"" + best + "\"?"};
  std::vector<std::string> places = places_of(key, root);
  if (places.empty() && !synonym.empty()) places = places_of(synonym, root);
  if (!places.empty()) return {"unknown key here", "it exists as " + listed(places, 3)};
  if (siblings.empty()) return {"unknown key", "this object takes no keys"};
  return {"unknown key", "the keys here are " + listed(siblings, 40)};
}

std::string advise_path(std::string_view path, FieldType const& root) {
  std::vector<std::string> const paths = all_paths(root);
  std::string const near = did_you_mean(path, paths);
  if (!near.empty()) return near;
  std::string const key = last_key(path);
  std::string const synonym(synonym_of(key));
  std::vector<std::string> same;
  for (std::string const& candidate : paths) {
    std::string const last = last_key(candidate);
    if (last == key || last == synonym) same.push_back(candidate);
  }
  if (same.size() == 1) return "did you mean \"" + same[0] + "\"?";
  if (!same.empty()) return "did you mean one of " + listed(same, 4) + "?";
  return "nta config explain FILE lists all fields";
}

}  // namespace nta

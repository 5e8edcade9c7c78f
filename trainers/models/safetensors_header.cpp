#include "trainers/models/safetensors_header.hpp"

#include "libnta/core/error.hpp"

#include <nlohmann/json.hpp>

#include <set>

namespace nta {
namespace {

[[noreturn]] void refuse(std::string const& why) {
  fail(ErrorKind::data, "safetensors header: {}", why);
}

/// nlohmann's SAX interface. Depth 1 = file, 2 = a tensor or the metadata; arrays only as values of
/// "shape" and "data_offsets".
class HeaderReader : public nlohmann::json_sax<nlohmann::json> {
 public:
  SafeHeader take() {
    if (depth_ != 0 || !seen_object_) refuse("not an object");
    return std::move(header_);
  }

  bool start_object(std::size_t) override {
    if (in_array_ || depth_ >= 2 || (depth_ == 0 && seen_object_)) refuse("nested objects");
    seen_object_ = true;
    ++depth_;
    if (depth_ == 2) {
      in_metadata_ = name_ == "__metadata__";
      fields_.clear();
      n_offsets_ = 0;
      if (!in_metadata_) header_.entries.push_back({name_, {}, {}, 0, 0});
    }
    return true;
  }

  bool end_object() override {
    if (depth_ == 2 && !in_metadata_ && (fields_.size() != 3 || n_offsets_ != 2)) {
      refuse("\"" + name_ + "\" needs dtype, shape and two data_offsets");
    }
    --depth_;
    in_metadata_ = false;
    return true;
  }

  bool key(std::string& text) override {
    if (depth_ == 1) {
      if (!names_.insert(text).second) refuse("\"" + text + "\" stands there twice");
      name_ = text;
      return true;
    }
    if (!in_metadata_ && text != "dtype" && text != "shape" && text != "data_offsets") {
      refuse("\"" + name_ + "\" has unknown key \"" + text + "\"");
    }
    if (!fields_.insert(text).second) {
      refuse("\"" + name_ + "\" has \"" + text + "\" twice");
    }
    field_ = text;
    return true;
  }

  bool string(std::string& text) override {
    if (depth_ != 2 || in_array_ || (!in_metadata_ && field_ != "dtype")) {
      refuse("a text where none belongs, under \"" + name_ + "\"");
    }
    (in_metadata_ ? header_.metadata[field_] : header_.entries.back().dtype) = text;
    return true;
  }

  bool start_array(std::size_t) override {
    if (depth_ != 2 || in_metadata_ || in_array_ || field_ == "dtype") {
      refuse("an array where none belongs, under \"" + name_ + "\"");
    }
    in_array_ = true;
    return true;
  }
  bool end_array() override {
    in_array_ = false;
    return true;
  }

  bool number_unsigned(std::uint64_t value) override {
    if (!in_array_) refuse("a number where none belongs, under \"" + name_ + "\"");
    SafeHeaderEntry& entry = header_.entries.back();
    if (field_ == "shape") {
      entry.shape.push_back(value);
    } else if (n_offsets_++ < 2) {
      (n_offsets_ == 1 ? entry.begin : entry.end) = value;
    }
    return true;
  }

  bool null() override { refuse("null under \"" + name_ + "\""); }
  bool boolean(bool) override { refuse("a truth value under \"" + name_ + "\""); }
  bool number_integer(std::int64_t value) override {
    refuse("number " + std::to_string(value) + " under \"" + name_ + "\"");
  }
  bool number_float(double, std::string const& text) override {
    refuse("number " + text + " under \"" + name_ + "\"");
  }
  bool binary(nlohmann::json::binary_t&) override { refuse("binary data"); }
  bool parse_error(std::size_t position, std::string const&,
                   nlohmann::json::exception const& error) override {
    refuse("no JSON at byte " + std::to_string(position) + ": " + error.what());
  }

 private:
  SafeHeader header_;
  std::set<std::string> names_, fields_;
  std::string name_, field_;
  int depth_ = 0, n_offsets_ = 0;
  bool seen_object_ = false, in_metadata_ = false, in_array_ = false;
};

}  // namespace

SafeHeader parse_safetensors_header(std::string_view text) {
  // The format's own rule: it may be padded behind, never before.
  if (text.empty() || text.front() != '{') refuse("does not begin with {");
  HeaderReader reader;
  nlohmann::json::sax_parse(text, &reader);
  return reader.take();
}

}  // namespace nta

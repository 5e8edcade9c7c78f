#include "trainers/cli/feature_sinks.hpp"

#include "libnta/core/atomic_file.hpp"
#include "libnta/core/error.hpp"
#include "libnta/shards/feature_h5.hpp"

#include <cerrno>
#include <fstream>
#include <iostream>
#include <optional>
#include <utility>

namespace nta::cli {
namespace {

/// A file or standard output around a sink of text.
class TextSink : public FeatureSink {
 public:
  TextSink(std::string const& out, TableFormat format, CsvOptions const& csv) : out_(out) {
    if (out != "-") {
      pending_.emplace(out);
      errno = 0;
      file_.open(pending_->temporary(), std::ios::binary);
      check();
    }
    if (format == TableFormat::jsonl) {
      rows_ = std::make_unique<JsonlSink>(stream());
    } else {
      rows_ = std::make_unique<CsvSink>(stream(), csv);
    }
  }
  void add(FeatureTable const& rows) override {
    rows_->add(rows);
    check();
  }
  void finish() override {
    rows_->finish();
    stream().flush();
    check();
    if (pending_) {
      file_.close();
      check();
      pending_->commit();
    }
  }

 private:
  std::ostream& stream() { return pending_ ? file_ : std::cout; }
  void check() {
    if (!stream()) {
      fail_errno(pending_ ? ErrorKind::usage : ErrorKind::storage, "cannot write " + out_,
                 errno != 0 ? errno : EIO);
    }
  }

  std::string out_;
  std::optional<PendingFile> pending_;
  std::ofstream file_;
  std::unique_ptr<FeatureSink> rows_;
};

}  // namespace

std::unique_ptr<FeatureSink> make_feature_sink(std::string const& out, TableFormat format,
                                               CsvOptions const& csv, int threads) {
  if (format == TableFormat::h5) {
    return std::make_unique<H5FeatureSink>(out, Codec::lz4, threads);
  }
  return std::make_unique<TextSink>(out, format, csv);
}

LabelSink::LabelSink(LabelRules rules, FeatureSink& to) : rules_(std::move(rules)), to_(to) {}

void LabelSink::add(FeatureTable const& rows) {
  auto labelled = rows;
  auto const report = apply_label_rules(rules_, labelled);
  if (std::exchange(any_, true)) {
    report_.merge(report);
  } else {
    report_ = report;
  }
  to_.add(labelled);
}

}  // namespace nta::cli

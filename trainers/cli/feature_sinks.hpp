// Where nta features writes its rows: files whole or not at all, standard output, labels on the
// way.
#pragma once

#include "libnta/flows/feature_file.hpp"
#include "libnta/flows/feature_sink.hpp"
#include "trainers/cli/flow_options.hpp"
#include "trainers/datasets/label_rules.hpp"

#include <memory>
#include <string>

namespace nta::cli {

/// "-" is standard output. Nothing is left at `out` without finish(). `csv`: for that format.
std::unique_ptr<FeatureSink> make_feature_sink(std::string const& out, TableFormat format,
                                               CsvOptions const& csv, int threads);

/// Labels every block by the rules, then hands it on.
class LabelSink : public FeatureSink {
 public:
  LabelSink(LabelRules rules, FeatureSink& to);
  void add(FeatureTable const& rows) override;
  void finish() override { to_.finish(); }
  LabelRules const& rules() const { return rules_; }
  LabelReport const& report() const { return report_; }

 private:
  LabelRules rules_;
  FeatureSink& to_;
  LabelReport report_;
  bool any_ = false;
};

}  // namespace nta::cli

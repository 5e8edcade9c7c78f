// Scored flows as text: identity, start, duration, class or score, verdict.
#pragma once

#include "trainers/serving/flow_rows.hpp"

#include <iosfwd>

namespace nta::cli {

/// Columns: capture first_packet start src_ip src_port dst_ip dst_port protocol duration_ns
/// packets; classifiers: class, p_<class>...; score (anomaly score, 1 - p(normal), or the value),
/// alarm where there is a threshold. A flow without a score has empty cells there.
void write_scores_csv(ModelMeta const& meta, FlowScores const& flows, std::ostream& out);

/// The same, an object a line; a flow without a score has null.
void write_scores_json(ModelMeta const& meta, FlowScores const& flows, std::ostream& out);

}  // namespace nta::cli

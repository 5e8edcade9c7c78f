// Captures -> PacketTables + accounting. Files, folders, compressed files and standard input are
// one capture: records are numbered on over all inputs, in the order that the options ask for.
#pragma once

#include "libnta/capture/ingest_result.hpp"
#include "libnta/capture/packet_table.hpp"

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

namespace nta {

struct IngestOptions {
  /// Files, folders (all *.pcap* *.cap* below, bytewise path order) or "-" (standard input).
  std::vector<std::string> paths;
  enum class FileOrder {
    argument,  ///< one file after the other
    time       ///< k-way merge by packet time, ties by argument order
  } file_order = FileOrder::argument;
  bool join = false;  ///< true: the file is no part of the key, so flows go on over files
  /// Few enough for a table to stay in the caches. Whoever pays per table and key (shards, meters)
  /// asks for more.
  std::uint32_t rows_per_table = 1U << 13;
  int threads = 1;    // from 2 on, regular files are read ahead by a thread, one file at a time
  bool hash = false;  // regular files: CaptureInput::sha256, without a second reading
};

/// Takes the table's columns by moving them, or leaves them, and their memory is used again.
using PacketSink = std::function<void(PacketTable&&)>;

/// Reads captures in order and hands over PacketTables of at most rows_per_table rows (one record's
/// rows stay together, even where there are more of them), in capture order. All tables count time
/// from the second of the first packet; a packet more than 2^62 ns away starts a table with a base
/// of its own. Throws Error(data) before the first table if an input cannot be opened, is empty or
/// is no capture. Damage ends its file and is told in the result. read = used + skipped is checked.
/// What the sink throws passes through. Memory: one table, and one buffer per open file (five of
/// the one that is read ahead).
IngestResult ingest(IngestOptions const& options, PacketSink const& sink);

/// The same, and with every table the links that its keys name: for whoever goes on with a table
/// before the capture has ended.
using LinkedSink = std::function<void(PacketTable&&, std::span<CaptureLink const>)>;
IngestResult ingest_linked(IngestOptions const& options, LinkedSink const& sink);

}  // namespace nta

// What an ingest says about its inputs: read = used + skipped by reason, file faults, links.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace nta {

/// read == used + sum of skipped, always. Names are those of skip_reason.hpp.
struct Accounting {
  std::uint64_t read = 0;
  std::uint64_t used = 0;
  std::map<std::string, std::uint64_t> skipped;     // reason -> packets
  std::map<std::string, std::uint64_t> notes;       // row bit name -> packets
  std::map<std::string, std::uint64_t> blocks;      // pcapng block type -> skipped blocks
  std::map<std::string, std::uint64_t> ethertypes;  // of skipped non-IP frames
};

/// A capture file that ends early: all before `offset` is used.
struct FileFault {
  std::string name;  // torn_record, bad_block, ...
  std::string path;
  std::uint64_t offset = 0;  // B, in the decompressed stream
  std::uint64_t packets_before = 0;
  std::string text;
};

struct CaptureInput {
  std::string path;
  std::uint64_t bytes = 0;
  std::uint64_t first_index = 0;
  std::uint64_t packets = 0;
  std::vector<FileFault> faults;
  std::string sha256 = "";  // of the bytes as stored; only if the ingest was asked to hash
};

/// One interface of one file; PacketKey::link is an index into these.
struct CaptureLink {
  std::uint32_t file = 0;
  std::uint32_t interface = 0;
  std::uint32_t link_type = 0;
  std::uint32_t snaplen = 0;
  std::string resolution;  // "1e-6", "1e-9", "2^-20"
  std::string name;
};

struct IngestResult {
  std::vector<CaptureInput> inputs;
  std::vector<CaptureLink> links;
  Accounting accounting;
  std::uint64_t regressions = 0;  // packets earlier than their predecessor
};

}  // namespace nta

// Column names of set `cic76` in other publications of the same columns: see cic_names.hpp.
#include "libnta/flows/cic_names.hpp"

#include "libnta/core/error.hpp"

#include <algorithm>
#include <cctype>

namespace nta {
namespace {

struct Alias {
  std::string_view published, of_2017, of_2018;
};

// Names that are the same in all three do not stand here.
constexpr Alias kAliases[] = {
    {"Src IP", "Source IP", "Src IP"},
    {"Src Port", "Source Port", "Src Port"},
    {"Dst IP", "Destination IP", "Dst IP"},
    {"Dst Port", "Destination Port", "Dst Port"},
    {"Total Fwd Packet", "Total Fwd Packets", "Tot Fwd Pkts"},
    {"Total Bwd packets", "Total Backward Packets", "Tot Bwd Pkts"},
    {"Total Length of Fwd Packet", "Total Length of Fwd Packets", "TotLen Fwd Pkts"},
    {"Total Length of Bwd Packet", "Total Length of Bwd Packets", "TotLen Bwd Pkts"},
    {"Fwd Packet Length Max", "Fwd Packet Length Max", "Fwd Pkt Len Max"},
    {"Fwd Packet Length Min", "Fwd Packet Length Min", "Fwd Pkt Len Min"},
    {"Fwd Packet Length Mean", "Fwd Packet Length Mean", "Fwd Pkt Len Mean"},
    {"Fwd Packet Length Std", "Fwd Packet Length Std", "Fwd Pkt Len Std"},
    {"Bwd Packet Length Max", "Bwd Packet Length Max", "Bwd Pkt Len Max"},
    {"Bwd Packet Length Min", "Bwd Packet Length Min", "Bwd Pkt Len Min"},
    {"Bwd Packet Length Mean", "Bwd Packet Length Mean", "Bwd Pkt Len Mean"},
    {"Bwd Packet Length Std", "Bwd Packet Length Std", "Bwd Pkt Len Std"},
    {"Flow Bytes/s", "Flow Bytes/s", "Flow Byts/s"},
    {"Flow Packets/s", "Flow Packets/s", "Flow Pkts/s"},
    {"Fwd IAT Total", "Fwd IAT Total", "Fwd IAT Tot"},
    {"Bwd IAT Total", "Bwd IAT Total", "Bwd IAT Tot"},
    {"Fwd Header Length", "Fwd Header Length", "Fwd Header Len"},
    {"Bwd Header Length", "Bwd Header Length", "Bwd Header Len"},
    {"Fwd Packets/s", "Fwd Packets/s", "Fwd Pkts/s"},
    {"Bwd Packets/s", "Bwd Packets/s", "Bwd Pkts/s"},
    {"Packet Length Min", "Min Packet Length", "Pkt Len Min"},
    {"Packet Length Max", "Max Packet Length", "Pkt Len Max"},
    {"Packet Length Mean", "Packet Length Mean", "Pkt Len Mean"},
    {"Packet Length Std", "Packet Length Std", "Pkt Len Std"},
    {"Packet Length Variance", "Packet Length Variance", "Pkt Len Var"},
    {"FIN Flag Count", "FIN Flag Count", "FIN Flag Cnt"},
    {"SYN Flag Count", "SYN Flag Count", "SYN Flag Cnt"},
    {"RST Flag Count", "RST Flag Count", "RST Flag Cnt"},
    {"PSH Flag Count", "PSH Flag Count", "PSH Flag Cnt"},
    {"ACK Flag Count", "ACK Flag Count", "ACK Flag Cnt"},
    {"URG Flag Count", "URG Flag Count", "URG Flag Cnt"},
    {"CWR Flag Count", "CWE Flag Count", "CWE Flag Count"},
    {"ECE Flag Count", "ECE Flag Count", "ECE Flag Cnt"},
    {"Average Packet Size", "Average Packet Size", "Pkt Size Avg"},
    {"Fwd Segment Size Avg", "Avg Fwd Segment Size", "Fwd Seg Size Avg"},
    {"Bwd Segment Size Avg", "Avg Bwd Segment Size", "Bwd Seg Size Avg"},
    {"Fwd Bytes/Bulk Avg", "Fwd Avg Bytes/Bulk", "Fwd Byts/b Avg"},
    {"Fwd Packet/Bulk Avg", "Fwd Avg Packets/Bulk", "Fwd Pkts/b Avg"},
    {"Fwd Bulk Rate Avg", "Fwd Avg Bulk Rate", "Fwd Blk Rate Avg"},
    {"Bwd Bytes/Bulk Avg", "Bwd Avg Bytes/Bulk", "Bwd Byts/b Avg"},
    {"Bwd Packet/Bulk Avg", "Bwd Avg Packets/Bulk", "Bwd Pkts/b Avg"},
    {"Bwd Bulk Rate Avg", "Bwd Avg Bulk Rate", "Bwd Blk Rate Avg"},
    {"Subflow Fwd Packets", "Subflow Fwd Packets", "Subflow Fwd Pkts"},
    {"Subflow Fwd Bytes", "Subflow Fwd Bytes", "Subflow Fwd Byts"},
    {"Subflow Bwd Packets", "Subflow Bwd Packets", "Subflow Bwd Pkts"},
    {"Subflow Bwd Bytes", "Subflow Bwd Bytes", "Subflow Bwd Byts"},
    {"FWD Init Win Bytes", "Init_Win_bytes_forward", "Init Fwd Win Byts"},
    {"Bwd Init Win Bytes", "Init_Win_bytes_backward", "Init Bwd Win Byts"},
    {"Fwd Act Data Pkts", "act_data_pkt_fwd", "Fwd Act Data Pkts"},
    {"Fwd Seg Size Min", "min_seg_size_forward", "Fwd Seg Size Min"},
};

/// The 2018 name as an identifier.
std::string python_name(std::string name) {
  if (name == "CWE Flag Count") {
    return "cwr_flag_count";
  }
  for (char& c : name) {
    c = std::isalnum(static_cast<unsigned char>(c)) != 0
            ? static_cast<char>(std::tolower(static_cast<unsigned char>(c)))
            : '_';
  }
  return name;
}

}  // namespace

CicNames cic_names_of(std::string_view word) {
  if (word == "2017") {
    return CicNames::of_2017;
  }
  if (word == "2018") {
    return CicNames::of_2018;
  }
  NTA_EXPECTS(word == "head" || word == "python", ErrorKind::usage,
              "names \"{}\": there are head, 2017, 2018 and python", word);
  return word == "head" ? CicNames::head : CicNames::python;
}

std::string cic_name(std::string_view published, CicNames names) {
  auto const* const alias =
      std::find_if(std::begin(kAliases), std::end(kAliases),
                   [&](Alias const& known) { return known.published == published; });
  bool const same = alias == std::end(kAliases);
  switch (names) {
    case CicNames::of_2017:
      return std::string(same ? published : alias->of_2017);
    case CicNames::of_2018:
      return std::string(same ? published : alias->of_2018);
    case CicNames::python:
      return python_name(std::string(same ? published : alias->of_2018));
    case CicNames::head:
      break;
  }
  return std::string(published);
}

}  // namespace nta

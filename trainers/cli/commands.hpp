// THE table of subcommands: one entry function each. Those of LibTorch live in libnta_trainers.so,
// which is opened only when one of them is asked for, so that the others start at once.
#pragma once

#include <array>
#include <string_view>

namespace nta::cli {

using CommandMain = int (*)(int argc, char** argv);

struct Subcommand {
  std::string_view name;
  std::string_view summary;
  CommandMain main;  // null: in libnta_trainers.so
};

int ingest_command(int argc, char** argv);
int inspect_command(int argc, char** argv);
int features_command(int argc, char** argv);
int data_command(int argc, char** argv);
int conformance_command(int argc, char** argv);
int config_command(int argc, char** argv);
int version_command(int argc, char** argv);
int doctor_command(int argc, char** argv);

inline constexpr std::array kSubcommands{
    Subcommand{"ingest", "captures -> folder of HDF5 shards", ingest_command},
    Subcommand{"inspect", "what a capture, shard folder, feature file, run or model holds",
               inspect_command},
    Subcommand{"features", "captures or shards -> one row of features per flow", features_command},
    Subcommand{"conformance", "beside another tool's tables: which flows and cells are equal",
               conformance_command},
    Subcommand{"data", "label flows by rules; report what matched", data_command},
    Subcommand{"config", "check, render, explain experiment files; print their schema",
               config_command},
    Subcommand{"train", "experiment file -> run folder with checkpoints and evaluation", nullptr},
    Subcommand{"evaluate", "run folder -> metrics of its parts or of other files", nullptr},
    Subcommand{"export", "run folder -> model folder with TorchScript", nullptr},
    Subcommand{"score", "model folder + captures -> one scored row per flow", nullptr},
    Subcommand{"worker", "trains trials that a sweep driver sends", nullptr},
    Subcommand{"version", "versions of nta and of what it was built with", version_command},
    Subcommand{"doctor", "what this machine offers, what is missing", doctor_command},
};

}  // namespace nta::cli

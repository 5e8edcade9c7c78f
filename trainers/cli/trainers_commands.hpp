// Entry functions of the subcommands in libnta_trainers.so.
#pragma once

namespace nta::cli {

int train_command(int argc, char** argv);
int evaluate_command(int argc, char** argv);
int export_command(int argc, char** argv);
int export_check_command(int argc, char** argv);  // run by an export in a fresh process
int score_command(int argc, char** argv);
int worker_command(int argc, char** argv);

}  // namespace nta::cli

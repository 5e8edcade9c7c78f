// TorchScript by generated source: written and run here, and nowhere else is torch/script.h
// included. The module takes raw features, holds the preparation, is in evaluation state, and loads
// with plain torch.jit.load.
#pragma once

#include "trainers/models/model.hpp"
#include "trainers/models/row_score.hpp"
#include "trainers/serving/prepared_input.hpp"
#include "trainers/serving/torchscript_source.hpp"

#include <ATen/core/Tensor.h>

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace nta {

struct ScriptInput {
  ScriptOutline const& outline;
  Model const& model;
  PreparedInput const& preparation;
  ErrorStatistics const& statistics;
};

/// The file's bytes. `extra`: name -> content, under "nta/". Error(failed) with torch's own text if
/// the generated source does not compile.
std::string torchscript_bytes(ScriptInput const& input,
                              std::map<std::string, std::string> const& extra);

/// A loaded script. TorchScript is a program: load only bytes whose SHA-256 is known.
class Script {
 public:
  /// Error(data) if it cannot be loaded, is in training state, or lacks its extra files.
  explicit Script(std::string const& bytes);
  ~Script();
  Script(Script const&) = delete;
  Script& operator=(Script const&) = delete;

  /// Keeps forward and the scoring methods; parameters become constants.
  void freeze();
  bool has(std::string const& method) const;
  /// A method's results, tuples flattened. `lengths` undefined: the method takes x alone.
  std::vector<at::Tensor> call(std::string const& method, at::Tensor const& x,
                               at::Tensor const& lengths);
  /// Names of parameters and buffers, as Python's state_dict keys.
  std::vector<std::string> state_keys() const;
  std::string const& meta_json() const;
  std::string const& golden() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace nta

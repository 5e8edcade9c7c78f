"""The scripting rim: starts the program, reads its files; computes no feature, weight, metric or score itself."""

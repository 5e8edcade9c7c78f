// Places: every key and value is where the text has it, whatever stands between.
#include "libnta/config/json_source.hpp"

#include <gtest/gtest.h>

namespace nta {
namespace {

std::shared_ptr<SourceText const> source_of(std::string text) {
  auto source = std::make_shared<SourceText>();
  source->name = "t.json";
  source->text = std::move(text);
  return source;
}

ConfigValue parsed(std::shared_ptr<SourceText const> const& source) {
  IssueList issues;
  std::optional<ConfigValue> value = parse_json(source, issues);
  EXPECT_TRUE(value.has_value() && issues.empty());
  return value.value_or(ConfigValue{});
}

std::string text_at(SourceText const& source, Span span) {
  return source.text.substr(span.begin, span.end - span.begin);
}

TEST(JsonSource, TokensAreCutExactly) {
  auto const source = source_of(
      "{ \"a\" : 1/*x*/ , // \"no\": 2\n"
      "  \"b\\\"\":[-2.5e3,true],\"c\":{\"d\":null}/**/,\"e\":\"x//y\"}");
  ConfigValue const root = parsed(source);
  EXPECT_EQ(text_at(*source, root.find("a")->origin.value), "1");
  EXPECT_EQ(text_at(*source, root.find("b\"")->origin.key), "\"b\\\"\"");
  EXPECT_EQ(text_at(*source, root.find("b\"")->origin.value), "[");
  EXPECT_EQ(text_at(*source, root.find("b\"")->items[0].origin.value), "-2.5e3");
  EXPECT_EQ(text_at(*source, root.find("b\"")->items[1].origin.value), "true");
  EXPECT_EQ(text_at(*source, root.find("c")->find("d")->origin.value), "null");
  EXPECT_EQ(text_at(*source, root.find("e")->origin.value), "\"x//y\"");
}

TEST(JsonSource, NumbersKeepTheirPlaceBeforeAnyDelimiter) {
  // The parser reports a number one byte late; the next token must not be lost or moved by that.
  for (std::string const after : {"}", ",\"z\":3}", "/**/}", " }", "\n}", "//c\n}"}) {
    auto const source = source_of("{\"n\":12" + after);
    ConfigValue const root = parsed(source);
    EXPECT_EQ(root.find("n")->origin.value.begin, 5U) << after;
    EXPECT_EQ(root.find("n")->origin.value.end, 7U) << after;
    ConfigValue const* const z = root.find("z");
    if (z != nullptr) {
      EXPECT_EQ(text_at(*source, z->origin.value), "3");
    }
  }
}

TEST(JsonSource, LinesAndColumnsCountCharactersFromOne) {
  auto const source = source_of("{\n\t\"größe\": \"ä\",\r\n \"x\": 1}");
  ConfigValue const root = parsed(source);
  Place const value = place_of(*source, root.find("größe")->origin.value.begin);
  EXPECT_EQ(value.line, 2);
  EXPECT_EQ(value.column, 11);  // a tab, nine signs of key, colon and space before
  Place const x = place_of(*source, root.find("x")->origin.key.begin);
  EXPECT_EQ(x.line, 3);
  EXPECT_EQ(x.column, 2);
}

TEST(JsonSource, AByteOrderMarkIsNoColumn) {
  auto const source = source_of("\xEF\xBB\xBF{\"a\": 1}");
  EXPECT_EQ(place_of(*source, parsed(source).find("a")->origin.key.begin).column, 2);
}

TEST(JsonSource, DuplicatesAtEveryDepthAreNamedAndTheFirstIsKept) {
  auto const source =
      source_of(R"({"a": {"k": 1, "k": 2}, "l": [{"m": 1, "m": {"m": 0, "m": 0}}]})");
  IssueList issues;
  std::optional<ConfigValue> const root = parse_json(source, issues);
  ASSERT_TRUE(root);
  EXPECT_EQ(root->find("a")->find("k")->scalar, 1);
  EXPECT_TRUE(issues.at("/a/k"));
  EXPECT_TRUE(issues.at("/l/0/m"));
  EXPECT_TRUE(issues.at("/l/0/m/m"));
  EXPECT_EQ(issues.size(), 3U);
}

TEST(JsonSource, DepthIsLimited) {
  std::string const open(kMaxJsonDepth, '[');
  std::string const close(kMaxJsonDepth, ']');
  IssueList issues;
  EXPECT_TRUE(parse_json(source_of(open + close), issues));
  EXPECT_FALSE(parse_json(source_of("[" + open + close + "]"), issues));
  EXPECT_FALSE(parse_json(source_of(std::string(1'000'000, '[')), issues));
}

TEST(JsonSource, BrokenTextsAreRefusedAndNeverThrow) {
  for (std::string const text : {"",        " ",         "{",    "[1,",      "{\"a\"",
                                 "{\"a\":", "\"",        "\"\\", "\"\xFF\"", "1e999",
                                 "nul",     "/*",        "//",   "\xEF\xBB", "{}{}",
                                 "[1 2]",   "{\"a\" 1}", "-",    "\x00",     "{\"\xC3\x28\": 1}"}) {
    IssueList issues;
    EXPECT_FALSE(parse_json(source_of(text), issues)) << text;
    EXPECT_EQ(issues.size(), 1U) << text;
  }
}

TEST(JsonSource, ExcerptsOfHostileTextHoldNoControlBytes) {
  IssueList issues;
  parse_json(source_of("{\"\x1b[31m\xC2\x9B\x07\": \xFF}"), issues);
  try {
    issues.throw_if_any();
    FAIL();
  } catch (ConfigErrors const& errors) {
    for (char const c : std::string(errors.what())) {
      EXPECT_TRUE(c == '\n' || static_cast<unsigned char>(c) >= 0x20);
    }
  }
}

TEST(JsonSource, ALongLineIsCutAroundThePlace) {
  std::string const filler(5000, ' ');
  IssueList issues;
  parse_json(source_of("{\"a\": 1," + filler + "\"a\": 2," + filler + "\"b\": 3}"), issues);
  try {
    issues.throw_if_any();
    FAIL();
  } catch (ConfigErrors const& errors) {
    ConfigIssue const& issue = errors.issues().at(0);
    EXPECT_LT(issue.excerpt.size(), 300U);
    std::size_t const caret = issue.excerpt.find('^');
    std::size_t const second_line = issue.excerpt.find('\n') + 1;
    EXPECT_EQ(issue.excerpt.substr(caret - second_line, 3), "\"a\"");  // right above the caret
  }
}

}  // namespace
}  // namespace nta

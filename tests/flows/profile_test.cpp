// The profile schema: the built-in document, the three documents that later meters compute, and
// every way to get one wrong.
#include "libnta/flows/profile.hpp"

#include "libnta/core/error.hpp"
#include "libnta/core/sha256.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <gmock/gmock.h>
#include <string>

namespace nta {
namespace {

using testing::HasSubstr;
using Json = nlohmann::json;

Json nta_document() {
  return Json::parse(load_profile("nta").canonical);
}

/// The message of the Error that parsing `text` throws.
std::string refusal(std::string const& text) {
  try {
    parse_profile(text, "try.json");
  } catch (Error const& error) {
    EXPECT_EQ(error.kind(), ErrorKind::usage);
    return error.what();
  }
  return "accepted";
}

/// The nta document with one value replaced.
std::string with(std::string const& pointer, Json const& value) {
  Json document = nta_document();
  document[Json::json_pointer(pointer)] = value;
  return document.dump();
}

TEST(Profile, NtaIsTheDocumentOfTheDesignInCanonicalForm) {
  Profile const profile = load_profile("nta");
  std::string const canonical =
      R"({"active":{"cut":">=","s":1800},"active_last":true,"active_s":5,"bulk":"runs",)"
      R"("bulk_min":4,"bulk_s":1,"cic_formulas":"corrected","compare":"endpoint","continuation":"inherit","ddof":0,)"
      R"("direction":"synack_swap","fragments":"join","idle":{"cut":">=","s":120},)"
      R"("key":["addresses","ports","protocol","vlan_outer","vlan_inner","tunnel_kind",)"
      R"("tunnel_id","icmp"],"name":"nta","order":"monotone_key",)"
      R"("port_protocols":[6,17,33,132,136],"rate_at_zero":0,"singles":"keep","size":"ip",)"
      R"("subflow_s":1,"tcp_end":{"linger_s":5,"rule":"close_linger"},"time_unit":"ns",)"
      R"("use":{"drop":[],"failed_tunnel":"keep","link_types":"all","open":"all",)"
      R"("protocols":"all","shims":"all","tunnels":"inner"},"version":1})";
  EXPECT_EQ(profile.canonical, canonical);
  // Another hash since `cic_formulas` came in: a field that every profile must settle.
  EXPECT_EQ(profile.sha256, "f4ab4f88c8d634fca41b8adef6b579d6823859d4cf5903433748132743295188");
  EXPECT_EQ(profile.name, "nta");
  EXPECT_EQ(profile.version, 1);
}

TEST(Profile, NtaRulesAreInItsUnit) {
  Rules const rules = load_profile("nta").rules;
  EXPECT_EQ(rules.unit_ns, 1);
  EXPECT_EQ(rules.idle.limit, 120'000'000'000);
  EXPECT_TRUE(rules.idle.reached(120'000'000'000));
  EXPECT_FALSE(rules.idle.reached(119'999'999'999));
  EXPECT_EQ(rules.active.limit, 1'800'000'000'000);
  EXPECT_EQ(rules.linger, 5'000'000'000);
  EXPECT_EQ(rules.open_over_ipv4, 0b111'1111'1110);
  EXPECT_EQ(rules.n_link_types, -1);
  EXPECT_TRUE(rules.port_protocols.has(132));
  EXPECT_FALSE(rules.port_protocols.has(1));
  EXPECT_TRUE(rules.protocols_ipv6.has(255));
}

TEST(Profile, CanonicalTextDoesNotDependOnSpacesOrOrder) {
  Profile const profile = load_profile("nta");
  Profile const spaced = parse_profile(nta_document().dump(4), "spaced");
  EXPECT_EQ(spaced.canonical, profile.canonical);
  EXPECT_EQ(spaced.sha256, profile.sha256);
}

TEST(Profile, TheSchemaHoldsNfstream) {
  Rules const rules = load_profile("nfstream").rules;
  EXPECT_EQ(rules.open_over_ipv4, (1 << 1) | (1 << 6) | (1 << 8) | (1 << 9));
  EXPECT_EQ(rules.open_over_ipv6, 1 << 1);
  EXPECT_TRUE(rules.drop_failed_tunnel);
  EXPECT_EQ(rules.n_link_types, 9);
  EXPECT_EQ(rules.link_types[5], 104U);
  EXPECT_EQ(rules.shims, 1 | 2 | 8 | 32);
  EXPECT_TRUE(rules.drops(RowUse::no_next_header));
  EXPECT_EQ(rules.unit_ns, 1'000'000);
  EXPECT_EQ(rules.idle.limit, 120'000);
  EXPECT_EQ(rules.tcp_end, TcpEndRule::none);
  EXPECT_EQ(rules.ddof, 1U);
  EXPECT_EQ(rules.size, SizeBasis::wire16);
}

TEST(Profile, TheSchemaHoldsBothCicProfiles) {
  Rules const fixed = load_profile("cic-fixed").rules;
  EXPECT_FALSE(fixed.idle.on);
  EXPECT_TRUE(fixed.active.reached(120'000'001));
  EXPECT_FALSE(fixed.active.reached(120'000'000));
  EXPECT_EQ(fixed.open_over_ipv4, 0);
  EXPECT_TRUE(fixed.protocols_ipv4.has(1));
  EXPECT_FALSE(fixed.protocols_ipv6.has(6));
  EXPECT_EQ(fixed.rate_at_zero, RateAtZero::minus_one);
  EXPECT_FALSE(fixed.active_last);
  Rules const original = load_profile("cic-original").rules;
  EXPECT_EQ(original.tcp_end, TcpEndRule::cic_original);
  EXPECT_EQ(original.continuation, Continuation::inherit_first_forward);
  EXPECT_EQ(original.rate_at_zero, RateAtZero::inf_nan);
  EXPECT_EQ(original.bulk, BulkRule::runs_merged);
  EXPECT_EQ(original.singles, Singles::drop);
}

TEST(Profile, UnknownKeysAreRefusedWhereverTheyStand) {
  EXPECT_THAT(refusal(with("/idel", 3)), HasSubstr("try.json: /idel: unknown key"));
  EXPECT_THAT(refusal(with("/use/opne", "all")), HasSubstr("/use/opne: unknown key"));
  EXPECT_THAT(refusal(with("/idle/ms", 3)), HasSubstr("/idle/ms: unknown key"));
  EXPECT_THAT(refusal(with("/tcp_end/x", 3)), HasSubstr("/tcp_end/x: unknown key"));
}

TEST(Profile, EveryKeyIsNeeded) {
  Json const whole = nta_document();
  for (auto const& [key, value] : whole.items()) {
    Json document = whole;
    document.erase(key);
    EXPECT_THAT(refusal(document.dump()), HasSubstr("/" + key + ": this key is missing"));
  }
  for (auto const& [key, value] : whole["use"].items()) {
    Json document = whole;
    document["use"].erase(key);
    EXPECT_THAT(refusal(document.dump()), HasSubstr("/use/" + key + ": this key is missing"));
  }
}

TEST(Profile, WrongValuesAreNamedWithWhatIsPossible) {
  EXPECT_THAT(refusal(with("/order", "random")),
              HasSubstr("/order: \"random\" is none of capture, sorted, monotone, monotone_key"));
  EXPECT_THAT(refusal(with("/time_unit", 3)), HasSubstr("/time_unit: text is needed, not 3"));
  EXPECT_THAT(refusal(with("/idle/s", -1)), HasSubstr("/idle/s: an integer from 0"));
  EXPECT_THAT(refusal(with("/idle/s", 1.5)), HasSubstr("/idle/s: an integer from 0"));
  EXPECT_THAT(refusal(with("/idle/s", 18446744073709551615ULL)), HasSubstr("an integer from 0"));
  EXPECT_THAT(refusal(with("/idle", 5)), HasSubstr("/idle: an object is needed"));
  EXPECT_THAT(refusal(with("/ddof", 2)), HasSubstr("/ddof: an integer from 0 to 1"));
  EXPECT_THAT(refusal(with("/active_last", 1)), HasSubstr("true or false is needed"));
  EXPECT_THAT(refusal(with("/rate_at_zero", "nan")), HasSubstr("0, -1 or \"inf_nan\""));
  EXPECT_THAT(refusal(with("/use/open", Json::array({"gtp@ipv6"}))), HasSubstr("only \"@ipv4\""));
  EXPECT_THAT(refusal(with("/use/open", Json::array({"l2tp"}))), HasSubstr("\"l2tp\" is none of"));
  EXPECT_THAT(refusal(with("/use/open", 7)), HasSubstr("a list of kinds"));
  EXPECT_THAT(refusal(with("/use/link_types", Json::array())), HasSubstr("1 to 32 link types"));
  EXPECT_THAT(refusal(with("/port_protocols", Json::array({256}))), HasSubstr("256 is no number"));
  EXPECT_THAT(refusal(with("/port_protocols", Json::array({17, 132}))),
              HasSubstr("6 (TCP) and 17 (UDP) must be there"));
  EXPECT_THAT(refusal(with("/port_protocols", "all")), HasSubstr("a list is needed"));
  EXPECT_THAT(refusal(with("/name", "N T A")), HasSubstr("/name: small letters"));
  EXPECT_THAT(refusal("[1]"), HasSubstr("an object is needed, not array"));
  EXPECT_THAT(refusal("{"), HasSubstr("try.json: not JSON"));
}

TEST(Profile, DoubledAndContradictoryFieldsAreRefused) {
  EXPECT_THAT(refusal(R"({"name":"a","name":"b"})"), HasSubstr("\"name\" stands there twice"));
  EXPECT_THAT(refusal(with("/key", Json::array({"ports", "protocol"}))),
              HasSubstr("a key must hold addresses, ports and protocol"));
  EXPECT_THAT(refusal(with("/key/3", "ports")), HasSubstr("\"ports\" stands there twice"));
  EXPECT_THAT(refusal(with("/port_protocols", Json::array({6, 6}))), HasSubstr("6 stands there"));
  EXPECT_THAT(refusal(with("/fragments", "drop")), HasSubstr("contradicts /use/drop"));
  EXPECT_THAT(refusal(with("/use/drop", Json::array({"later_fragment"}))),
              HasSubstr("/fragments: \"join\" contradicts"));
  EXPECT_THAT(refusal(with("/use/drop", Json::array({"late_fin"}))),
              HasSubstr("\"late_fin\" follows from other fields"));
  EXPECT_THAT(refusal(with("/tcp_end/rule", "none")),
              HasSubstr("only rule \"close_linger\" has a linger time"));
}

TEST(Profile, RulesThatContradictEachOtherAreRefusedWithWhatToDo) {
  Json document = nta_document();
  document["continuation"] = "inherit_first_forward";
  document["active"] = nullptr;
  EXPECT_THAT(refusal(document.dump()), HasSubstr("try.json: /continuation: "));
  EXPECT_THAT(refusal(document.dump()), HasSubstr("set /active or take \"packet\""));
  EXPECT_THAT(refusal(with("/active", Json::parse(R"({"cut":">"})"))),
              HasSubstr("/active/s: this key is missing"));
  EXPECT_THAT(refusal(with("/tcp_end", Json::parse(R"({"rule":"close_linger"})"))),
              HasSubstr("/tcp_end/linger_s: this key is missing"));
  EXPECT_THAT(refusal(with("/use/drop", Json::array({"short"}))),
              HasSubstr("/use/drop: \"short\" is none of not_in_profile"));
  EXPECT_THAT(refusal(with("/use/protocols", Json::parse(R"({"ipv4":[],"ipv6":[]})"))),
              HasSubstr("/use/protocols: no protocol is left"));
}

TEST(Profile, AProfileOfOnesOwnMayMixTheRules) {
  Json document = Json::parse(load_profile("cic-fixed").canonical);
  document["name"] = "mine";
  document["active"] = nullptr;
  document["idle"] = Json::parse(R"({"s":30,"cut":">"})");
  document["key"].push_back("macs");
  document["tcp_end"]["rule"] = "none";
  document["singles"] = "drop";
  Rules const rules = parse_profile(document.dump(), "mine.json").rules;
  EXPECT_FALSE(rules.active.on);
  EXPECT_TRUE(rules.idle.reached(30'000'001));
  EXPECT_TRUE(rules.has_key(kKeyMacs));
  EXPECT_EQ(rules.tcp_end, TcpEndRule::none);
  EXPECT_TRUE(rules.leaves_rows_out());
}

TEST(Profile, OtherTunnelsAreAnotherDocumentThatSaysSo) {
  Profile const inner = load_profile("nta");
  Profile const both = with_tunnels(inner, "both");
  EXPECT_EQ(both.rules.tunnels, Tunnels::both);
  EXPECT_THAT(both.canonical, HasSubstr(R"("tunnels":"both")"));
  EXPECT_EQ(both.sha256, sha256_hex(both.canonical));
  EXPECT_NE(both.sha256, inner.sha256);
  EXPECT_EQ(with_tunnels(both, "inner").sha256, inner.sha256);
  EXPECT_THROW(with_tunnels(inner, "all"), Error);
}

TEST(Profile, NamesAndFilesAreFoundOrRefused) {
  EXPECT_THAT(built_in_profile_names(),
              testing::UnorderedElementsAre("nta", "nfstream", "cic-fixed", "cic-original"));
  EXPECT_THROW(load_profile("no-such-profile"), Error);
  Profile const from_file =
      load_profile(std::string(NTA_SOURCE_DIR) + "/libnta/flows/profiles/nta.json");
  EXPECT_EQ(from_file.sha256, load_profile("nta").sha256);
}

TEST(Profile, EveryReasonHasItsName) {
  EXPECT_EQ(row_use_name(RowUse::not_in_profile), "not_in_profile");
  EXPECT_EQ(row_use_name(RowUse::failed_tunnel), "failed_tunnel");
  EXPECT_EQ(row_use_name(RowUse::single_packet_flow), "single_packet_flow");
  EXPECT_EQ(row_use_name(RowUse::in_flow), "");
}

}  // namespace
}  // namespace nta

"""The four profiles as `flows.md` 3 prints them, typed in here a second time; other documents from their files."""
import json
import pathlib

NTA = {
    "name": "nta", "version": 1,
    "use": {"open": "all", "tunnels": "inner", "failed_tunnel": "keep", "link_types": "all", "shims": "all",
            "protocols": "all", "drop": []},
    "key": ["addresses", "ports", "protocol", "vlan_outer", "vlan_inner", "tunnel_kind", "tunnel_id", "icmp"],
    "port_protocols": [6, 17, 33, 132, 136], "fragments": "join", "order": "monotone_key", "time_unit": "ns",
    "idle": {"s": 120, "cut": ">="}, "active": {"s": 1800, "cut": ">="},
    "tcp_end": {"rule": "close_linger", "linger_s": 5}, "direction": "synack_swap", "compare": "endpoint",
    "continuation": "inherit", "singles": "keep", "size": "ip", "ddof": 0, "rate_at_zero": 0, "subflow_s": 1,
    "active_s": 5, "bulk_s": 1, "bulk_min": 4, "bulk": "runs", "active_last": True, "cic_formulas": "corrected",
}
NFSTREAM = {
    **NTA, "name": "nfstream",
    "use": {"open": ["ipip", "gtp@ipv4", "capwap@ipv4", "tzsp@ipv4"], "tunnels": "inner", "failed_tunnel": "drop",
            "link_types": [0, 1, 9, 50, 101, 104, 113, 228, 229], "shims": ["llc", "8100", "mpls", "pppoe"],
            "protocols": "all",
            "drop": ["short_frame", "later_fragment", "no_total_length", "truncated_ipv6", "l4_missing",
                     "no_next_header"]},
    "key": ["addresses", "ports", "protocol", "vlan_last", "tunnel_kind"], "port_protocols": [6, 17],
    "fragments": "drop", "order": "monotone", "time_unit": "ms", "tcp_end": {"rule": "none"},
    "direction": "first_packet", "continuation": "packet", "size": "wire16", "ddof": 1,
}
CIC_FIXED = {
    **NTA, "name": "cic-fixed",
    "use": {"open": "none", "tunnels": "inner", "failed_tunnel": "keep", "link_types": [1], "shims": ["8100"],
            "protocols": {"ipv4": [1, 6, 17], "ipv6": []}, "drop": ["later_fragment"]},
    "key": ["addresses", "ports", "protocol"], "port_protocols": [6, 17], "fragments": "drop", "order": "capture",
    "time_unit": "us", "idle": None, "active": {"s": 120, "cut": ">"}, "tcp_end": {"rule": "cic_fixed"},
    "compare": "address", "size": "payload", "ddof": 1, "rate_at_zero": -1, "active_last": False,
    "cic_formulas": "fixed",
}
CIC_ORIGINAL = {
    **CIC_FIXED, "name": "cic-original",
    "use": {**CIC_FIXED["use"], "protocols": {"ipv4": [6, 17], "ipv6": []}}, "tcp_end": {"rule": "cic_original"},
    "direction": "first_packet", "continuation": "inherit_first_forward", "singles": "drop",
    "rate_at_zero": "inf_nan", "bulk": "runs_merged", "cic_formulas": "original",
}
BUILT_IN = {document["name"]: document for document in (NTA, NFSTREAM, CIC_FIXED, CIC_ORIGINAL)}


def load(profile):
    """A document: a dictionary itself, a built-in name, or a file's path."""
    if isinstance(profile, dict):
        return profile
    return BUILT_IN[profile] if profile in BUILT_IN else json.loads(pathlib.Path(profile).read_text())

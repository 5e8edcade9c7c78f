"""Which rows a profile counts, under which flow key, and as what packet (`flows.md` 1.4, 2, 3)."""

KINDS = ("ipip", "gre", "erspan", "vxlan", "geneve", "gtp", "teredo", "capwap", "tzsp", "ah")
SHIMS = ("llc", "8100", "other-tag", "mpls", "eompls", "pppoe")
UNIT_NS = {"ns": 1, "us": 10**3, "ms": 10**6}
TCP, ICMP, ICMP6, NO_NEXT = 6, 1, 58, 59
SHORT_FRAME_BYTES = 28
OTHER_LAYER = "other_layer"


class Packet:
    """A counted row. `number`: of its frame; `t`: in the profile's unit; `side`: 0 if it came from endpoint a.

    `one_sided`: the profile cannot tell the two endpoints apart, so that every packet is forward.
    """
    __slots__ = ("number", "layer", "t", "side", "wire", "ip_len", "ip6", "payload", "l4", "header", "l4_header", "flags",
                 "window", "ttl", "seq", "icmp", "tcp", "has_tcp_header", "fragment", "row", "one_sided", "fwd")


def is_open(use, kind, over):
    """Whether the profile opens tunnels of this kind (a number) over that IP version."""
    if use["open"] in ("all", "none"):
        return use["open"] == "all"
    name = KINDS[kind - 1]
    return name in use["open"] or (over == 4 and name + "@ipv4" in use["open"])


def protocols_of(use, version):
    protocols = use["protocols"]
    return protocols if protocols == "all" else protocols["ipv4" if version == 4 else "ipv6"]


def drop_reason(use, row):
    """The first of the reasons that keep a row of a walked layer out of flows, or None."""
    key = row.key
    if use["link_types"] != "all" and key.link_type not in use["link_types"]:
        return "not_in_profile"
    if use["shims"] != "all" and any(key.shims >> i & 1 and name not in use["shims"] for i, name in enumerate(SHIMS)):
        return "not_in_profile"
    protocols = protocols_of(use, key.ip_version)
    if protocols != "all" and key.protocol not in protocols:
        return "not_in_profile"
    tests = (("later_fragment", row.later_fragment),
             ("short_frame", row.cap_len < SHORT_FRAME_BYTES),
             ("no_total_length", row.no_total_length),
             ("truncated_ipv6", row.truncated and key.ip_version == 6),
             ("l4_missing", row.l4_missing and row.truncated),
             ("no_next_header", key.protocol == NO_NEXT))
    return next((name for name, true in tests if true and name in use["drop"]), None)


def uses_of(use, frame):
    """(row, None if it counts, else why not) of every layer."""
    open_so_far = True
    for depth, row in enumerate(frame):
        if use["tunnels"] == "outer":
            walked = depth == 0
        else:
            walked = open_so_far
        opened = row.next_kind != 0 and is_open(use, row.next_kind, row.key.ip_version)
        open_so_far = open_so_far and opened
        failed = opened and row.inner_failed
        if not walked or (use["tunnels"] == "inner" and opened and not failed):
            yield row, OTHER_LAYER
            continue
        why = drop_reason(use, row)
        if why is None and failed and use["failed_tunnel"] == "drop":
            why = "failed_tunnel"
        yield row, why


def has_ports(profile, key):
    return "ports" in profile["key"] and key.protocol in profile["port_protocols"]


def one_sided(profile, key):
    """Whether the profile cannot tell the two endpoints apart."""
    return key.addr_a == key.addr_b and (profile["compare"] == "address" or not has_ports(profile, key))


def flow_key(profile, key):
    """Key parts by name; what the profile leaves out is not there."""
    parts = {"file": key.file, "addresses": (key.addr_a, key.addr_b), "protocol": key.protocol,
             "ports": (key.port_a, key.port_b) if has_ports(profile, key) else (0, 0),
             "tunnel_kind": next((kind for kind in reversed(key.kinds) if kind > 1), 0), "icmp": key.icmp_class,
             "macs": (key.mac_a, key.mac_b)}
    if one_sided(profile, key):
        parts["macs"] = tuple(sorted(parts["macs"]))
    return tuple(parts[name] if name in parts else getattr(key, name) for name in ("file", *profile["key"]))


def packet(profile, row):
    p = Packet()
    key = row.key
    p.row, p.number, p.layer = row, row.number, len(key.kinds)
    p.t = row.t_ns // UNIT_NS[profile["time_unit"]]
    p.side, p.one_sided = row.side, one_sided(profile, key)
    p.wire, p.ip_len, p.ip6 = row.wire_len, row.ip_len, key.ip_version == 6
    p.header, p.l4_header = 4 * row.ip_hdr + row.l4_hdr, row.l4_hdr
    p.l4 = max(0, p.ip_len - 4 * row.ip_hdr)
    p.payload = max(0, p.ip_len - p.header)
    p.tcp = key.protocol == TCP
    p.flags = row.tcp_flags if p.tcp else 0
    p.window, p.ttl, p.seq = row.window, row.ttl, row.seq
    p.fragment = row.first_fragment or row.later_fragment
    no_header = row.later_fragment or row.l4_missing
    p.icmp = row.icmp if key.protocol in (ICMP, ICMP6) and not no_header else -1
    p.has_tcp_header = p.tcp and not no_header and not row.l4_malformed
    return p


def packets(profile, frames):
    """(key, packet) of every counted row, in capture order."""
    known = {}
    for frame in frames:
        for row, why_not in uses_of(profile["use"], frame):
            if why_not is None:
                key = known.get(id(row.key))
                if key is None:
                    known[id(row.key)] = key = (flow_key(profile, row.key), row.key)  # the row's key stays alive
                yield key[0], packet(profile, row)

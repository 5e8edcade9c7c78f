"""Identity columns of a flow (`flows.md` 4): who, when, why it ended."""
from flow_meter import REASON
from row_use import UNIT_NS, has_ports


def identity(flow, profile):
    first, last = flow.packets[0], flow.packets[-1]
    key = first.row.key
    ports = (key.port_a, key.port_b) if has_ports(profile, key) else (0, 0)
    a, b = (key.addr_a, ports[0], key.mac_a), (key.addr_b, ports[1], key.mac_b)
    source, target = (a, b) if flow.forward == 0 else (b, a)
    start = first.t * UNIT_NS[profile["time_unit"]]
    return {"first_packet": first.number, "last_packet": last.number, "capture": key.link_file,
            "start_s": start // 10**9, "start_ns": start % 10**9, "src_ip": list(source[0]), "dst_ip": list(target[0]),
            "src_port": source[1], "dst_port": target[1], "src_mac": source[2], "dst_mac": target[2],
            "protocol": key.protocol, "ip_version": key.ip_version, "vlan_outer": key.vlan_outer,
            "vlan_inner": key.vlan_last if "vlan_last" in profile["key"] and "vlan_inner" not in profile["key"] else key.vlan_inner, "tunnel": key.kinds[-1] if key.kinds else 0, "tunnel_id": key.tunnel_id,
            "flow_end_reason": REASON[flow.reason], "continuation_of": flow.continuation_of}

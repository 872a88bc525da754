import { expect, test } from "vitest";
import { gatewayViews, uplinkView } from "./gateway-view.ts";

const session = (name: string, established = true, imported = 1) => ({ name, established, imported });
const unit = (name: string, type: string, shown: readonly ReturnType<typeof session>[] = [], uplinkIp?: string) => ({
  ...{ name, type, ip: "10.0.0.1", uplinkIp },
  bgp: { shown },
});
const gateways = [
  unit("gw1", "natgw", [session("router.10.9.0.1", false)], "10.9.0.21"),
  unit("gw0", "natgw", [session("router.10.9.0.1")], "10.9.0.20"),
];
const uplink = { network: "outside", routers: [{ address: "10.9.0.1", asn: 65_001 }], snat: "198.51.100.7" };
const used = (...nodes: readonly ReturnType<typeof unit>[]) =>
  Object.fromEntries(gatewayViews(uplink, [...gateways, ...nodes]).map(({ name, used_by }) => [name, used_by]));

test("the gateway that carries the pods' traffic is the first that announces a way to a node", () => {
  const both = [session("natgw.gw1"), session("natgw.gw0")];
  expect(used(unit("w", "node", both), unit("v", "node", both), unit("m", "master"))).toEqual({ gw1: 0, gw0: 2 });
  expect(used(unit("w", "node", [session("natgw.gw1"), session("natgw.gw0", false)]))).toEqual({ gw1: 1, gw0: 0 });
  expect(used(unit("w", "node", [session("natgw.gw1"), session("natgw.gw0", true, 0)]))).toEqual({ gw1: 1, gw0: 0 });
  expect(used({ ...unit("w", "node"), bgp: { shown: [] } })).toEqual({ gw1: 0, gw0: 0 });
});

test("addresses of pods outside, and how many gateways have a session with each router", () => {
  expect(uplinkView(uplink, gateways)).toEqual({
    network: "outside",
    snat: "198.51.100.7",
    routers: [{ address: "10.9.0.1", asn: 65_001, password: false, gateways: 2, established: 1 }],
  });
  expect(gatewayViews(uplink, gateways).map(({ addresses }) => addresses)).toEqual([
    ["198.51.100.7"],
    ["198.51.100.7"],
  ]);
  const own = { network: "outside", routers: [] };
  expect(gatewayViews(own, gateways).map(({ addresses }) => addresses)).toEqual([["10.9.0.21"], ["10.9.0.20"]]);
  expect([uplinkView(undefined, []), gatewayViews(undefined, [])]).toEqual([null, []]);
});

import { expect, test } from "vitest";
import { announcements } from "./announcements.ts";
import { readSlice } from "./endpoint-slices.ts";
import { readService } from "./service-object.ts";

const metadata = (uid: string, more: object = {}) => ({
  ...{ uid, namespace: "shop", name: uid, resourceVersion: "7", creationTimestamp: "2026-12-01T00:00:00Z" },
  ...more,
});
const object = (uid: string, spec: object = {}, more: object = {}) => ({
  metadata: metadata(uid),
  spec: { type: "LoadBalancer", ...spec },
  status: { loadBalancer: {} },
  ...more,
});
const endpoint = (nodeName: string, ready?: boolean) => ({
  nodeName,
  conditions: ready === undefined ? {} : { ready },
});
const slice = (uid: string, service: string, endpoints: unknown) =>
  readSlice({ metadata: { uid, namespace: "shop", labels: { "kubernetes.io/service-name": service } }, endpoints });

test("an address is announced by all workers, or by those with an endpoint that is ready", () => {
  const services = [
    object("b", { externalTrafficPolicy: "Local" }),
    object("a"),
    object("c", { externalTrafficPolicy: "Local" }),
    object("d"),
  ].flatMap((one) => readService(one) ?? []);
  const given = new Map([
    ["a", "10.9.0.2"],
    ["b", "10.9.0.1"],
    ["c", "10.9.0.3"],
  ]);
  const slices = [
    slice("1", "b", [endpoint("n2", true), endpoint("n1"), endpoint("n3", false)]),
    slice("2", "b", [endpoint("n1", true), endpoint("", true)]),
    slice("3", "c", [endpoint("n1", false)]),
    slice("4", "c", null),
  ].flatMap((one) => one ?? []);
  expect(slices).toHaveLength(4);
  const workers = new Set(["n1", "n2", "n3"]);
  expect(announcements(services, given, slices, workers)).toEqual({
    announced: [
      { address: "10.9.0.1", nodes: ["n1", "n2"] },
      { address: "10.9.0.2", nodes: [] },
    ],
    left: 0,
  });
  // Whoever may write EndpointSlices may name anything there.
  expect(announcements(services, given, slices, new Set(["n2"])).announced[0]).toEqual({
    address: "10.9.0.1",
    nodes: ["n2"],
  });
});

test("names of nodes are bounded, and what is left out is counted", () => {
  const names = Array.from({ length: 5_000 }, (_, at) => `n${at}`);
  const services = ["a", "b", "c", "d", "e", "f"].flatMap(
    (one) => readService(object(one, { externalTrafficPolicy: "Local" })) ?? [],
  );
  const given = new Map(services.map(({ uid }, at) => [uid, `10.9.0.${at}`]));
  const slices = services.flatMap(
    ({ name }) =>
      slice(
        name,
        name,
        names.map((one) => endpoint(one)),
      ) ?? [],
  );
  const { announced, left } = announcements(services, given, slices, new Set(names));
  expect([announced.length, left, announced.every(({ nodes }) => nodes.length === 5_000)]).toEqual([4, 2, true]);
});

test.each<[string, object, object | undefined]>([
  ["as it is made", object("a"), { asked: "", addresses: [], local: false, ipv4: true, ending: false }],
  ["with an address in its specification", object("a", { loadBalancerIP: "10.9.0.1" }), { asked: "10.9.0.1" }],
  [
    "with an annotation, which counts first",
    object(
      "a",
      { loadBalancerIP: "10.9.0.1" },
      { metadata: metadata("a", { annotations: { "cke-loadbalancer-address": "10.9.0.2" } }) },
    ),
    { asked: "10.9.0.2" },
  ],
  [
    "with addresses",
    object("a", {}, { status: { loadBalancer: { ingress: [{ ip: "10.9.0.1" }, { hostname: "x" }] } } }),
    { addresses: ["10.9.0.1", ""] },
  ],
  ["of both families", object("a", { ipFamilies: ["IPv6", "IPv4"] }), { ipv4: true }],
  ["of IPv6", object("a", { ipFamilies: ["IPv6"] }), { ipv4: false }],
  ["of another type", object("a", { type: "NodePort" }), undefined],
  ["of another class", object("a", { loadBalancerClass: "example.com/other" }), undefined],
  ["that cannot be read", { kind: "Service" }, undefined],
])("a Service %s", (_what, one, wanted) => {
  const read = readService(one);
  if (wanted === undefined) expect(read).toBeUndefined();
  else expect(read).toMatchObject(wanted);
});

// What may change without a new container, and what may not.
import type { KubeNodeTaskInit } from "@cke/protocol";
import { expect, test } from "vitest";
import { nodeTask } from "../testing/launches.ts";
import { specHash } from "./spec-hash.ts";

const base: KubeNodeTaskInit = {
  hosts: [
    { name: "a", ip: "1.1.1.1" },
    { name: "b", ip: "2.2.2.2" },
  ],
  volumes: [{ path: "/a" }],
};
const hash = (init: KubeNodeTaskInit) => specHash(nodeTask({ ...base, ...init }));

test.each<[string, KubeNodeTaskInit]>([
  ["incarnation", { incarnation: "2" }],
  ["limits", { cpuMillis: 100, memoryBytes: 5, cfsQuota: true }],
  ["files", { files: [{ path: "/x" }] }],
  ["secrets", { secrets: [{ name: "x", path: "/x" }] }],
  ["labels", { labels: { a: "b" } }],
  ["the certificate", { registryCertificate: new Uint8Array([1]) }],
  ["the other nodes of the cluster", { peers: { version: "1", peers: [{ name: "x", ip: "1.1.1.1" }] } }],
  [
    "the order of hosts",
    {
      hosts: [
        { name: "b", ip: "2.2.2.2" },
        { name: "a", ip: "1.1.1.1" },
      ],
    },
  ],
])("%s may change", (_name, change) => {
  expect(hash(change)).toBe(hash({}));
});

test.each<[string, KubeNodeTaskInit]>([
  ["image", { image: "other" }],
  ["network", { network: "other" }],
  ["address", { ip: "192.168.0.81" }],
  ["host name", { hostname: "other" }],
  ["hosts", { hosts: [] }],
  ["environment", { environment: [{ name: "A", value: "1" }] }],
  ["volumes", { volumes: [{ path: "/b" }] }],
  ["ports", { ports: [{ hostPort: 1, containerPort: 1 }] }],
  ["tmpfs", { tmpfs: ["/run"] }],
  ["lxcfs", { lxcfsPath: "/x" }],
  ["docker path", { dockerPath: "/x" }],
])("%s may not", (_name, change) => {
  expect(hash(change)).not.toBe(hash({}));
});

test("a container that the first release made, with the nodes of its cluster as hosts, has the hash that it was made with", () => {
  const task = nodeTask({
    hostname: "n",
    hosts: [
      { name: "m", ip: "10.0.0.1" },
      { name: "n", ip: "10.0.0.2" },
      { name: "reg", ip: "10.9.9.9" },
    ],
    environment: [{ name: "A", value: "1" }],
    volumes: [{ path: "/var/lib/k8s", dockerVolume: "cke-c-n-data" }],
    tmpfs: ["/run"],
    ports: [{ hostPort: 31000, containerPort: 31000, protocol: "tcp", ingress: "web" }],
  });
  // Printed by commit 28ee906. Another value here means that every running container would be replaced.
  expect(specHash(task)).toBe("a86d447f1bc0c859da662bfd0cbe5faa");
});

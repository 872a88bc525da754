import { expect, test } from "vitest";
import { clusterOfAuthority, proxiedHost } from "./proxied-host.ts";

test.each([
  [`${proxiedHost("my")}:6443`, "my"],
  [`${proxiedHost("my-2")}:443`, "my-2"],
  ["my.cke.internal", undefined],
  ["my.cke.internal:80", undefined],
  ["my.cke.internal:64430", undefined],
  ["a.my.cke.internal:6443", undefined],
  ["my.ckexinternal:6443", undefined],
  ["my.cke.internal.example:6443", undefined],
  ["example.com:443", undefined],
  ["", undefined],
])("%s is of cluster %s", (authority, cluster) => {
  expect(clusterOfAuthority(authority)).toBe(cluster);
});

import { createLogger, silentLogger } from "@cke/foundation";
import { expect, it } from "vitest";
import { openStorage } from "./open-storage.ts";

it("warns that memory forgets", async () => {
  const lines: string[] = [];
  const logger = createLogger({ destination: { write: (line) => void lines.push(line) } });
  await openStorage({ type: "empty", servers: undefined }, logger);
  expect(lines.join("")).toMatch(/"level":"warning".*a restart forgets every cluster/);
});

it.each([
  ["etcd", undefined, /-storage_type etcd needs -storage_servers http/],
  ["zookeeper", "", /-storage_type zookeeper needs -storage_servers h1:2181/],
  ["redis", "x", /-storage_type redis: give empty, sqlite, etcd or zookeeper/],
  ["sqlite", undefined, /-storage_type sqlite needs -storage_servers/],
])("refuses %s with %s", async (type, servers, message) => {
  await expect(openStorage({ type, servers }, silentLogger)).rejects.toThrow(message);
});

// The flags that choose the store and reach it.
import type { FlagRow } from "@cke/foundation/flags";
import { isWholeNumber, storageTypes } from "./flags-values.ts";

export const storageFlags = [
  {
    name: "storage_type",
    type: "string",
    default: "empty",
    meaning: "where state is kept: empty (memory: a restart forgets every cluster), sqlite (one file), etcd, zookeeper",
    allowed: "empty, sqlite, etcd or zookeeper",
    accepts: (text) => storageTypes.includes(text),
  },
  {
    name: "storage_servers",
    type: "string",
    meaning:
      "its address: a file path for sqlite, http://1.2.3.4:2379,… for etcd, h1:2181,h2:2181/chroot for zookeeper (without /chroot: /cke/<name>)",
  },
  {
    name: "storage_prefix",
    type: "string",
    meaning: "etcd: where this framework's keys begin; without it: /cke/<name>/",
    allowed: "a path that begins with /, without spaces",
    accepts: (text) => /^\/[^\s/]\S*$/.test(text),
  },
  { name: "storage_ca_file", type: "string", meaning: "etcd over https: PEM file of the authorities to trust" },
  {
    name: "storage_cert_file",
    type: "string",
    meaning: "etcd over https: PEM file of the client certificate, with -storage_key_file",
  },
  { name: "storage_key_file", type: "string", meaning: "PEM file of the client certificate's private key" },
  { name: "storage_user", type: "string", meaning: "user of etcd, or of ZooKeeper's digest authentication" },
  { name: "storage_password_file", type: "string", meaning: "file with that user's password" },
  {
    name: "leader_ttl",
    type: "int",
    default: "10",
    meaning: "etcd and zookeeper: seconds after which another scheduler takes over from one that is not heard of",
    allowed: "a whole number of seconds, 3 to 300",
    accepts: (text) => isWholeNumber(text) && Number(text) >= 3 && Number(text) <= 300,
  },
] as const satisfies readonly FlagRow[];

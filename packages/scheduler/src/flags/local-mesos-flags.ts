// The flags of the embedded Mesos (-master local).
import type { FlagRow } from "@cke/foundation/flags";
import { isHostPort, isWholeNumber } from "./flags-values.ts";

export const localMesosFlags = [
  {
    name: "local_agents",
    type: "int",
    default: "1",
    meaning: "-master local: number of embedded agents on this host",
    allowed: "a whole number, 1 to 64",
    accepts: (text) => isWholeNumber(text) && Number(text) >= 1 && Number(text) <= 64,
  },
  {
    name: "local_hostname",
    type: "string",
    meaning: "-master local: host name of the agents (numbered when there are several); without it: this host's name",
    allowed: "a host name or an IP address",
    accepts: (text) => /^[A-Za-z0-9.:-]+$/.test(text),
  },
  {
    name: "local_resources",
    type: "string",
    meaning:
      "-master local: resources of an agent, e.g. cpus:8;mem:16384;ports:[31000-32000]; what it does not name is this host's",
    allowed: "name:value pairs joined by ;",
    accepts: (text) => text.split(";").every((part) => /^[^:\s]+:\S+$/.test(part.trim())),
  },
  {
    name: "local_attributes",
    type: "string",
    meaning: "-master local: attributes of the agents, e.g. rack:a;zone:1",
    allowed: "name:value pairs joined by ;",
    accepts: (text) => text.split(";").every((part) => /^[^:\s]+:\S+$/.test(part.trim())),
  },
  {
    name: "local_work_dir",
    type: "string",
    meaning:
      "-master local: directory of the embedded Mesos; without it: beside the sqlite file, else below the temporary directory",
  },
  {
    name: "local_master_listen",
    type: "string",
    default: "127.0.0.1:0",
    meaning: "-master local: address of the embedded master; port 0 takes a free one",
    allowed: "host:port",
    accepts: isHostPort,
  },
] as const satisfies readonly FlagRow[];

// Schemas for the answers of the Docker engine, and their translation to the types of `engine.ts`. Pure.
import * as z from "zod";
import type { NetworkInfo, VolumeInfo } from "./engine.ts";

const labelsSchema = z.record(z.string(), z.string()).nullish();
export const containerSchema = z.object({
  Id: z.string(),
  Name: z.string(),
  Config: z.object({ Labels: labelsSchema }),
  State: z.object({
    Status: z.string().optional(),
    Running: z.boolean(),
    Paused: z.boolean().default(false),
    ExitCode: z.number(),
    OOMKilled: z.boolean(),
    Error: z.string().optional(),
  }),
  NetworkSettings: z.object({
    Networks: z.record(z.string(), z.object({ IPAddress: z.string().nullish() })).nullish(),
  }),
});
export const networkSchema = z.object({
  Name: z.string(),
  Driver: z.string(),
  Scope: z.string().default(""),
  IPAM: z
    .object({
      Config: z
        .array(
          z.object({ Subnet: z.string().optional(), Gateway: z.string().optional(), IPRange: z.string().optional() }),
        )
        .nullish(),
    })
    .nullish(),
  Containers: z.record(z.string(), z.object({ Name: z.string(), IPv4Address: z.string().default("") })).nullish(),
});
export const imagesSchema = z.array(
  z.object({
    Id: z.string(),
    RepoTags: z.array(z.string()).nullish(),
    Labels: z.record(z.string(), z.string()).nullish(),
  }),
);
export const volumeSchema = z.object({ Name: z.string(), Labels: labelsSchema });
export const listSchema = z.array(z.object({ Id: z.string() }));

/** 10.77.0.1 of 10.77.0.0/24; "" for what is not IPv4. */
function firstAddress(subnet: string): string {
  const match = /^(\d+\.\d+\.\d+)\.(\d+)\//.exec(subnet);
  return match === null ? "" : `${match[1]}.${Number(match[2]) + 1}`;
}

export function networkInfo({ Name, Driver, Scope, IPAM, Containers }: z.output<typeof networkSchema>): NetworkInfo {
  const holders = Object.values(Containers ?? {}).map(
    (one) => [one.IPv4Address.replace(/\/.*$/, ""), one.Name] as const,
  );
  return {
    name: Name,
    driver: Driver,
    scope: Scope,
    ranges: (IPAM?.Config ?? []).flatMap(({ Subnet, Gateway = "", IPRange = "" }) => {
      if (Subnet === undefined) return [];
      const given = Gateway.replace(/\/.*$/, "");
      // A bridge network without a configured gateway uses the first address, and does not report it.
      const own = given === "" && Driver === "bridge" && IPRange === "" ? firstAddress(Subnet) : given;
      return [{ subnet: Subnet, gateway: own }];
    }),
    holders: new Map(holders.filter(([ip]) => ip !== "")),
  };
}

export function volumeInfo({ Name, Labels }: z.output<typeof volumeSchema>): VolumeInfo {
  return { name: Name, labels: Labels ?? {} };
}

/** Output of a container without a terminal: frames of an 8-byte header (stream, 0, 0, 0, length) and the text. */
export function withoutFrames(output: Buffer): string {
  const parts: string[] = [];
  for (let at = 0; at + 8 <= output.length; ) {
    const length = output.readUInt32BE(at + 4);
    parts.push(output.subarray(at + 8, at + 8 + length).toString("utf8"));
    at += 8 + length;
  }
  return parts.join("");
}

// What a domain carries comes back, whatever libvirt does to its layout; what is not CKE's is nothing.
import { VmDefinition } from "@cke/protocol";
import { describe, expect, test } from "vitest";
import { smallDefinition } from "../testing/domain-examples.ts";
import { type DomainMetadata, metadataText, metadataXml, readMetadata } from "./metadata.ts";
import { renderXml } from "./xml.ts";

const metadata: DomainMetadata = {
  labels: { "cke.instance": "i1", "cke.framework": "f", odd: `<"&'>ä` },
  definition: VmDefinition.create(smallDefinition),
  targets: new Map([
    ["system", "vda"],
    ["cke-seed", "sda"],
  ]),
  acceleration: "qemu",
};

test("written into a definition, and set alone", () => {
  expect(readMetadata(renderXml(metadataXml(metadata)))).toEqual(metadata);
  expect(readMetadata(metadataText(metadata))).toEqual(metadata);
});

test("set alone it has no namespace, which libvirt adds, and values stay as they are", () => {
  const labels = { "cke.instance": "i1", note: "cke:vm xmlns=1" };
  const text = metadataText({ ...metadata, labels });
  expect(text).toMatch(/^<vm acceleration="qemu">/);
  expect(readMetadata(text)?.labels).toEqual(labels);
});

test("in libvirt's own layout", () => {
  const quoted = metadataText(metadata).replaceAll(/="([^"']*)"/g, "='$1'");
  expect(readMetadata(quoted)).toEqual(metadata);
  expect(readMetadata(renderXml(metadataXml(metadata)).replace(` xmlns:cke="urn:cke:vm:1"`, ""))).toEqual(metadata);
});

describe("nothing for", () => {
  test.each([
    ["no metadata", undefined],
    ["another's element", "<other:vm xmlns:other='x'><other:label name='a' value='b'/></other:vm>"],
    ["one without an instance", metadataText({ ...metadata, labels: {} })],
    [
      "a definition that is none",
      metadataText(metadata).replace(/<definition>.*<\/definition>/, "<definition>/w==</definition>"),
    ],
  ])("%s", (_what, xml) => {
    expect(readMetadata(xml)).toBeUndefined();
  });
});

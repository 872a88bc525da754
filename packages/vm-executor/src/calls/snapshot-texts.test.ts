// What libvirt and QEMU tell of snapshots.
import { describe, expect, test } from "vitest";
import { readBlockDevices, readSnapshot, snapshotXml, withoutMemoryLimits } from "./snapshot-texts.ts";

const libvirts = `<domainsnapshot>
  <name>second</name>
  <description>before &lt;the&gt; update</description>
  <state>running</state>
  <creationTime>1700000000</creationTime>
  <memory snapshot='internal'/>
  <parent>
    <name>first</name>
  </parent>
  <disks>
    <disk name='vda' snapshot='internal'/>
  </disks>
  <domain type='qemu'>
    <name>cke-vm1</name>
    <description>not this</description>
  </domain>
</domainsnapshot>`;

test("libvirt's", () => {
  expect(readSnapshot(libvirts)).toEqual({
    name: "second",
    description: "before <the> update",
    state: "running",
    parent: "first",
    createdAtMs: 1_700_000_000_000,
    memory: true,
  });
  expect(readSnapshot("<domainsnapshot/>")).toMatchObject({ name: "", memory: false, createdAtMs: 0 });
});

test("limits of memory go, of the guest as it ran and as it is defined", () => {
  const of = (name: string, limits: string) => `<${name}><vcpu>1</vcpu>${limits}<os/></${name}>`;
  const whole = (limits: string) => of("domain", limits) + of("inactiveDomain", limits);
  const limits = "<memtune>\n <hard_limit unit='KiB'>9</hard_limit>\n</memtune>\n";
  expect(withoutMemoryLimits(whole(limits))).toBe(whole(""));
  expect(withoutMemoryLimits(libvirts)).toBe(libvirts);
});

test("what is asked of libvirt says no more than it should", () => {
  expect(snapshotXml("s", "a </description> b")).toContain("<description>a &lt;/description&gt; b</description>");
  expect(snapshotXml("s", "")).not.toContain("description");
});

describe("QEMU's disks", () => {
  const device = (more: object) => ({ qdev: "/machine/peripheral/ua-disk-system/virtio-backend", ...more });
  const inserted = (more: object = {}) => ({ "node-name": "n1", drv: "qcow2", ro: false, image: {}, ...more });

  test("only those that the guest writes to", () => {
    const snapshots = [{ name: "a", "date-sec": 5, "vm-state-size": 0, id: "1" }];
    const answer = {
      return: [
        device({ inserted: inserted({ image: { snapshots } }) }),
        device({ inserted: inserted({ ro: true }) }),
        device({}),
        { qdev: "foreign", inserted: inserted({ "node-name": "n2", drv: "raw" }) },
      ],
    };
    expect(readBlockDevices(JSON.stringify(answer))).toEqual([
      { node: "n1", disk: "system", qcow2: true, snapshots: [{ name: "a", createdAtMs: 5_000, memoryBytes: 0 }] },
      { node: "n2", disk: "", qcow2: false, snapshots: [] },
    ]);
  });

  test.each(["", "{}", '{"return":[{"inserted":{"drv":1}}]}'])("an answer that is none: %j", (answer) => {
    expect(() => readBlockDevices(answer)).toThrow(/not understood/);
  });
});

// Labels and taints of a node, as bodies have them: the rules of Kubernetes for their names and values.
import { z } from "zod";

const name = /^[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/;
const prefix = /^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/;
const keyWords =
  "a name of at most 63 letters, digits, -, _ and ., after a DNS name and / if there is one, like example.com/disk";
const valueWords = "empty, or at most 63 letters, digits, -, _ and . (letters and digits at its ends)";
const maxLabels = 64;
const maxTaints = 32;

function isKey(key: string): boolean {
  const parts = key.split("/");
  return name.test(parts.at(-1) ?? "") && (parts.length === 1 || (parts.length === 2 && prefix.test(parts[0] ?? "")));
}
const key = z.string().refine(isKey, keyWords);
const value = z.string().refine((text) => text === "" || name.test(text), valueWords);

/** Labels by which kubelets say what their node is: pods and volumes are placed by them. */
const reported = ["hostname", "os", "arch"].flatMap((what) => [`kubernetes.io/${what}`, `beta.kubernetes.io/${what}`]);
const isFree = (label: string) => !reported.includes(label);
const freeWords = `none of ${reported.join(", ")}, which the kubelet sets`;
const labelKey = key.refine(isFree, freeWords);

const few = (map: Readonly<Record<string, unknown>>) => Object.keys(map).length <= maxLabels;
const fewWords = `at most ${maxLabels} labels`;
export const labelsBody = z.record(labelKey, value).refine(few, fewWords);
/** null removes a label. */
export const labelChangesBody = z
  .record(key, z.union([value, z.null()], `${valueWords}; null removes it`))
  .check((context) => {
    for (const [label, wanted] of Object.entries(context.value))
      if (wanted !== null && !isFree(label))
        context.issues.push({ code: "custom", message: freeWords, path: [label], input: label });
  })
  .refine(few, fewWords);

const effects = ["NoSchedule", "PreferNoSchedule", "NoExecute"] as const;
const effect = z.enum(effects, effects.join(", "));
const taintWords = 'a taint like "gpu=yes:NoSchedule", or an object with key, value and effect';
export const taintSchema = z.object({ key: z.string(), value: z.string(), effect });
export type Taint = Readonly<z.infer<typeof taintSchema>>;

const taintText = z
  .string()
  .regex(/^[^=:]+(=[^=:]*)?:[A-Za-z]+$/, { error: taintWords, abort: true })
  .transform((text) => {
    const [pair = "", word = ""] = text.split(":");
    const [own = "", given = ""] = pair.split("=");
    return { key: own, value: given, effect: word };
  })
  .pipe(z.object({ key, value, effect }));

export const taintsBody = z
  .array(z.union([taintText, z.object({ key, value: value.default(""), effect })], taintWords))
  .max(maxTaints, `at most ${maxTaints} taints`)
  // As Kubernetes has it (ValidateTaintsInNodeAddUpdate in pkg/apis/core/validation): kubelets with two such taints do not start.
  .check(({ value: taints, issues }) => {
    for (const [index, { key: own, effect: what }] of taints.entries())
      if (taints.findIndex((one) => one.key === own && one.effect === what) < index)
        issues.push({
          code: "custom",
          message: `there is a taint "${own}" with the effect ${what} already: a node has one for each key and effect`,
          path: [index],
          input: taints[index],
        });
  });

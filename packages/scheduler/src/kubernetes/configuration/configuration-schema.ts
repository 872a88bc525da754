// The shape of `cke.conf-<version>.yaml` as it is written, with its defaults. Unknown keys are errors.
import { z } from "zod";

const scalar = z.union([z.string(), z.number(), z.boolean()], "a text, a number, true or false").transform(String);
const variableName = z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, "letters, digits and _, with no digit first");
const variables = z.record(variableName, scalar).default({});
const identifier = z
  .string()
  .regex(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/, "lower-case letters, digits and - (which is not at an end)")
  .max(63);
const absolutePath = z.string().regex(/^(\/|\$)/, "an absolute path, or one that begins with a $VARIABLE");
const resources = z.strictObject({ cpu: z.number().positive(), mem: z.number().positive() });
/** Executors give up a call that stops or restarts a process after 120 s; the end itself and the next start take part of them. */
const longestGraceSeconds = 90;
const milliseconds = z.int().positive().max(86_400_000);

const probe = z
  .strictObject({
    name: z.string().min(1),
    phase: z.string().default(""),
    http: z
      .strictObject({
        url: z.string().min(1),
        ca: z.string().default(""),
        cert: z.string().default(""),
        key: z.string().default(""),
        insecure: z.boolean().default(false),
        unixSocket: z.string().default(""),
        bearerFile: z.string().default(""),
        expectBody: z.string().default(""),
        expectStatus: z.array(z.int().min(100).max(599)).default([]),
      })
      .optional(),
    tcp: z.strictObject({ address: z.string().min(1) }).optional(),
    exec: z
      .strictObject({
        command: z.array(z.string()).min(1),
        description: z.string().max(200).default(""),
      })
      .optional(),
    periodMs: milliseconds.default(10_000),
    startupPeriodMs: milliseconds.default(250),
    timeoutMs: milliseconds.default(2_000),
    successThreshold: z.int().positive().default(1),
    failureThreshold: z.int().positive().default(3),
  })
  .transform(({ http, tcp, exec, ...rest }, context) => {
    const given = [http, tcp, exec].filter((check) => check !== undefined);
    if (given.length !== 1)
      context.addIssue({ code: "custom", message: "a probe with exactly one of http, tcp and exec" });
    if (http !== undefined) return { ...rest, check: { kind: "http" as const, ...http } };
    if (tcp !== undefined) return { ...rest, check: { kind: "tcp" as const, ...tcp } };
    return {
      ...rest,
      check: { kind: "exec" as const, command: exec?.command ?? [], description: exec?.description ?? "" },
    };
  });

const processConf = z.strictObject({
  name: identifier.optional(),
  phase: z.string().default(""),
  required: z.boolean().default(false),
  oneShot: z.boolean().default(false),
  keepDescendants: z.boolean().default(false),
  res: resources,
  workload: z.strictObject({ cgroup: identifier, overhead: resources }).optional(),
  cmd: z.string().min(1),
  args: z
    .array(z.strictObject({ key: z.string().min(1), value: scalar.optional(), modify: z.boolean().default(true) }))
    .default([]),
  envs: z
    .array(z.strictObject({ key: z.string().min(1), value: scalar, modify: z.boolean().default(true) }))
    .default([]),
  stopSignal: z
    .string()
    .regex(/^(SIG)?[A-Z0-9+-]+$/, "a signal's name, like TERM")
    .default("TERM"),
  stopGraceSeconds: z
    .number()
    .nonnegative()
    .max(longestGraceSeconds, `at most ${longestGraceSeconds}: a process must end while its restart is waited for`)
    .default(10),
  restart: z.enum(["always", "on-failure", "never"]).optional(),
  startWhen: z.array(probe).default([]),
  joinWhen: z.array(probe).default([]),
  health: z.array(probe).default([]),
});

const nodeConf = z.strictObject({
  ImageName: z.string().min(1).optional(),
  Variables: variables,
  Files: z
    .array(
      z.strictObject({
        path: absolutePath,
        mode: z
          .string()
          .regex(/^0?[0-7]{3,4}$/, 'a mode in quotes, like "0644"')
          .default("0644")
          .transform((text) => Number.parseInt(text, 8)),
        content: z.string(),
      }),
    )
    .default([]),
  Secrets: z.array(z.strictObject({ name: z.string().min(1), path: absolutePath })).default([]),
  Volumes: z.array(z.strictObject({ path: absolutePath, name: identifier })).default([]),
  Tmpfs: z.array(absolutePath).default([]),
  ProcessConfs: z.record(identifier, processConf),
});

const phaseList = z.array(z.string().min(1)).min(1);

export const configurationSchema = z.strictObject({
  Kubernetes: z.string().regex(/^v\d+\.\d+\.\d+/, "a version like v1.36.3"),
  ImageName: z.string().min(1),
  Variables: variables,
  // Files of earlier versions have no gateways.
  Phases: z.strictObject({
    ...{ master: phaseList, node: phaseList, console: phaseList },
    natgw: phaseList.default(["wrap", "finish"]),
  }),
  NodeConfs: z.strictObject({
    ...{ master: nodeConf, node: nodeConf, console: nodeConf },
    natgw: nodeConf.prefault({ ProcessConfs: {} }),
  }),
});

export type ConfigurationFile = z.infer<typeof configurationSchema>;
export type NodeConfigurationFile = z.infer<typeof nodeConf>;
export type ProcessConfigurationFile = z.infer<typeof processConf>;

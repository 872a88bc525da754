// A process's arguments: the configuration's, with the user's options over them. `--a`, `-a`, `--a=b` and `--a b` name the
// same flag, so that a protected one cannot be reached by another spelling.
import type { ArgumentConfiguration } from "./configuration.ts";

interface Option {
  readonly key: string;
  readonly value: string | undefined;
}

/** `--v=4`, `--v 4` and `--v`; text that is no flag has itself as its key. */
function parseOption(text: string): Option {
  if (!text.startsWith("-")) return { key: text, value: undefined };
  const end = text.search(/[=\s]/);
  if (end < 0) return { key: text, value: undefined };
  return { key: text.slice(0, end), value: text.slice(end + 1).trim() };
}

const flagName = (key: string) => (key.startsWith("-") ? key.replace(/^--?/, "-") : key);

/** Options that would override a protected argument, by index. */
export function checkOptions(
  args: readonly ArgumentConfiguration[],
  options: readonly string[],
): readonly { readonly index: number; readonly message: string }[] {
  const fixed = new Set(args.filter(({ modify }) => !modify).map(({ key }) => flagName(key)));
  return options.flatMap((text, index) => {
    const { key } = parseOption(text);
    return fixed.has(flagName(key))
      ? [{ index, message: `${key} is set by the configuration and cannot be changed` }]
      : [];
  });
}

/** argv after the command: `key=value`, or the bare key without a value. */
export function mergeArguments(
  args: readonly { readonly key: string; readonly value?: string | undefined }[],
  options: readonly string[],
): readonly string[] {
  const render = ({ key, value }: { readonly key: string; readonly value?: string | undefined }) =>
    value === undefined ? key : `${key}=${value}`;
  const parsed = options.map(parseOption);
  const used = new Set<Option>();
  const own = args.map((argument) => {
    const override = parsed.find((option) => !used.has(option) && flagName(option.key) === flagName(argument.key));
    if (override === undefined) return render(argument);
    used.add(override);
    return render(override);
  });
  return [...own, ...parsed.filter((option) => !used.has(option)).map(render)];
}
